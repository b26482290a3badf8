package storagetest

var storeCases = []namedCase{}
