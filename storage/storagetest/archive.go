package storagetest

var archiveCases = []namedCase{}
