// Package mongotest gives other packages' tests a database of their own on a MongoDB server.
package mongotest

import (
	"context"
	"os"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Database names a server and a database on it, which is dropped when the test ends. Without a server it skips the test.
func Database(t testing.TB) (uri, name string) {
	t.Helper()
	uri = os.Getenv("DEBRIEF_TEST_MONGO_URI")
	if uri == "" {
		t.Skip("no MongoDB server: run .ci/mongo/start and set DEBRIEF_TEST_MONGO_URI to the line it prints")
	}
	name = "debrief_test_" + bson.NewObjectID().Hex()
	t.Cleanup(func() {
		client, err := mongo.Connect(options.Client().ApplyURI(uri))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Disconnect(context.Background())
		if err := client.Database(name).Drop(context.Background()); err != nil {
			t.Errorf("drop the database of the test: %v", err)
		}
	})
	return uri, name
}
