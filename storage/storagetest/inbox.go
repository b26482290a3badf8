package storagetest

var inboxCases = []namedCase{}
