package events

import "github.com/nats-io/nats-server/v2/server"

// subscriberPermissions lets a user read the feed, by a plain subscription or by a
// consumer of its own, and nothing else. What it may publish are questions to
// JetStream's API about this one stream, and acknowledgements: none of them
// changes the stream. It cannot delete consumers either, which would cut others
// off; those that are not used go by themselves.
func subscriberPermissions(instance string) *server.Permissions {
	stream := StreamName(instance)
	return &server.Permissions{
		Publish: &server.SubjectPermission{Allow: []string{
			"$JS.API.INFO",
			"$JS.API.STREAM.NAMES",
			"$JS.API.STREAM.LIST",
			"$JS.API.STREAM.INFO." + stream,
			"$JS.API.STREAM.MSG.GET." + stream,
			"$JS.API.CONSUMER.CREATE." + stream,
			"$JS.API.CONSUMER.CREATE." + stream + ".>",
			"$JS.API.CONSUMER.NAMES." + stream,
			"$JS.API.CONSUMER.LIST." + stream,
			"$JS.API.CONSUMER.INFO." + stream + ".*",
			"$JS.API.CONSUMER.MSG.NEXT." + stream + ".*",
			"$JS.ACK." + stream + ".>",
			"$JS.FC." + stream + ".>",
		}},
		Subscribe: &server.SubjectPermission{Allow: []string{
			"domaind.>", // wider than the instance, for 'domaind.*.alert.>'
			"_INBOX.>",  // where clients expect replies unless they are told otherwise
			inbox(Subscriber) + ".>",
		}},
	}
}
