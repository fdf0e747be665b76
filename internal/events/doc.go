// Package events tells the world what domaind did: it knows every event there is
// ([Catalogue]), writes it as a CloudEvent ([Encode]), carries it from the outbox
// to NATS JetStream ([Relay]), runs the NATS server that a small installation
// needs ([StartServer]), and reads the feed on the other side ([Follow]).
//
// An event is stored in the transaction that caused it; NATS is never the ledger,
// and nothing here is waited for by what spends money. The relay publishes the
// outbox in order, one event after the other, and each carries two things that
// keep a second copy out of the stream: its id, which JetStream remembers for a
// day, and the id of the message before it, without which JetStream refuses it.
// So an acknowledgement that was lost is no reason to send again: the relay
// connects anew, looks at the end of the stream, and goes on behind what is
// there. Whatever it finds (nothing, a stranger's message, a stream that was
// deleted, messages of a state file that was replaced by an older copy) decides
// what is published next; it is never sent blindly, and never stuck for good.
// What can never be published is set aside and announced in the log.
//
// Names, messages of the API and rules are not to be trusted: they go into JSON
// strings, never into a subject.
package events
