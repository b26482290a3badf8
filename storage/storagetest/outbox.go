package storagetest

var outboxCases = []namedCase{}
