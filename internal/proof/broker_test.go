package proof

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// broker speaks so much of the NATS protocol that the real relay can publish through
// the real client library into a [stream], without a socket.
type broker struct {
	mu     sync.Mutex // one request at a time
	stream *stream
	served sync.WaitGroup
}

// connect makes a connection to the broker.
func (b *broker) connect() (*nats.Conn, error) {
	return nats.Connect("nats://broker", nats.InProcessServer(b), nats.NoReconnect(), nats.MaxPingsOutstanding(1000))
}

// InProcessConn implements [nats.InProcessConnProvider].
func (b *broker) InProcessConn() (net.Conn, error) {
	client, server := net.Pipe()
	b.served.Go(func() {
		defer server.Close()
		c := &brokerConn{b: b, conn: server, in: bufio.NewReaderSize(server, 16<<10)}
		if err := c.serve(); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) {
			panic(err) // the broker does not understand the library: nothing here can be trusted
		}
	})
	return client, nil
}

// brokerConn is one connection.
type brokerConn struct {
	b    *broker
	conn net.Conn
	in   *bufio.Reader
	sid  string // of the subscription to all answers
}

func (c *brokerConn) serve() error {
	_, err := io.WriteString(c.conn, `INFO {"server_id":"B","version":"2.12.0","proto":1,"headers":true,"max_payload":1048576,"jetstream":true}`+"\r\n")
	for err == nil {
		err = c.next()
	}
	return err
}

// next reads and answers one command.
func (c *brokerConn) next() error {
	line, err := c.in.ReadString('\n')
	if err != nil {
		return err
	}
	f := strings.Fields(line)
	if len(f) == 0 {
		return nil
	}
	switch strings.ToUpper(f[0]) {
	case "CONNECT", "PONG", "UNSUB":
		return nil
	case "PING":
		_, err := io.WriteString(c.conn, "PONG\r\n")
		return err
	case "SUB":
		c.sid = f[len(f)-1]
		return nil
	case "PUB", "HPUB":
		return c.published(f)
	}
	return fmt.Errorf("the broker does not know %q", line)
}

// published reads "PUB subject reply size" or "HPUB subject reply header-size size".
func (c *brokerConn) published(f []string) error {
	if len(f) < 4 {
		return fmt.Errorf("a publication without a reply subject: %q", f)
	}
	sizes := make([]int, 0, 2)
	for _, text := range f[3:] {
		n, err := strconv.Atoi(text)
		if err != nil {
			return err
		}
		sizes = append(sizes, n)
	}
	total, header := sizes[len(sizes)-1], 0
	if len(sizes) == 2 {
		header = sizes[0]
	}
	payload := make([]byte, total+len("\r\n"))
	if _, err := io.ReadFull(c.in, payload); err != nil {
		return err
	}
	c.b.mu.Lock()
	var answer any
	if strings.HasPrefix(f[1], "$JS.API.") {
		answer = c.b.stream.api(f[1], payload[:total])
	} else {
		answer = c.b.stream.publish(f[1], payload[:header], payload[header:total])
	}
	c.b.mu.Unlock()
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "MSG %s %s %d\r\n%s\r\n", f[2], c.sid, len(body), body)
	_, err = c.conn.Write(out.Bytes())
	return err
}
