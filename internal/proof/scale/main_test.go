package scale

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"
	"go.uber.org/goleak"
)

var (
	domains = flag.Int("domains", 1_000_000, "how many domains the largest account of the benchmarks has")
	rounds  = flag.Int("rounds", 3, "how often each side of a benchmark is measured")
)

// bareRole in the environment makes the bare loop of the SDK out of this program: a
// process of its own, as the daemon is one.
const bareRole = "DOMAIND_SCALE_BARE"

func TestMain(m *testing.M) {
	if endpoint := os.Getenv(bareRole); endpoint != "" {
		if err := bareLoop(endpoint); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// bareLoop reads the whole list and does nothing with it: the least that a sweep can
// cost.
func bareLoop(endpoint string) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	sdk := dnsimple.NewClient(dnsimple.StaticTokenHTTPClient(ctx, token))
	sdk.BaseURL = endpoint
	for number, pages := 1, 1; number <= pages; number++ {
		answer, err := sdk.Domains.ListDomains(ctx, account, &dnsimple.DomainListOptions{ListOptions: dnsimple.ListOptions{
			Page: &number, PerPage: new(perPage), Sort: new(byID + ":asc"),
		}})
		if err != nil {
			return fmt.Errorf("page %d: %w", number, err)
		}
		pages = answer.Pagination.TotalPages
	}
	return nil
}

// within bounds every process that a benchmark waits for.
const within = 10 * time.Minute
