package storagetest_test

import (
	"testing"

	"github.com/debrief-bot/debrief/storage/storagetest"
)

func TestMemory(t *testing.T) { storagetest.Run(t, storagetest.MemoryHarness()) }
