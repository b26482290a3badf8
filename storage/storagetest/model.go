package storagetest

import "testing"

func runModel(*testing.T, Harness) {}
