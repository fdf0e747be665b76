package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// attribute is something that a registry wants to know beside the contact. The tags are those of a portfolio and of the API; Number is
// of the portfolio alone.
type attribute struct {
	Name        string            `toml:"name" json:"name"`
	Title       string            `toml:"title" json:"title"`
	Description string            `toml:"description" json:"description"`
	Required    bool              `toml:"required" json:"required"`
	Options     []attributeOption `toml:"options" json:"options"`
	Number      bool              `toml:"number" json:"-"`
}

type attributeOption struct {
	Title       string `toml:"title" json:"title"`
	Value       string `toml:"value" json:"value"`
	Description string `toml:"description" json:"description"`
}

// rendered are the attributes of a suffix as the API shows them: a list, and lists in it, that are never null.
func (t *tld) rendered() []attribute {
	out := slices.Clone(t.attributes)
	for i := range out {
		out[i].Options = append([]attributeOption{}, out[i].Options...)
	}
	return append([]attribute{}, out...)
}

// checkAttributes reads the attributes that are given, and complains as recorded: a sentence for each. Attributes that the suffix does
// not know are kept and not looked at.
func (t *tld) checkAttributes(given map[string]json.RawMessage) (map[string]string, *reply) {
	values, wrong := map[string]string{}, map[string]string{}
	for name, raw := range given {
		if value := written(raw); value != "" {
			values[name] = value
		}
	}
	for _, a := range t.attributes {
		value, there := values[a.Name]
		switch {
		case !there && a.Required:
			wrong[a.Name] = "it's required"
		case !there:
		case a.Number && strings.Trim(value, "0123456789") != "":
			wrong[a.Name] = "invalid number"
		case len(a.Options) > 0 && !slices.ContainsFunc(a.Options, func(o attributeOption) bool { return o.Value == value }):
			wrong[a.Name] = "is not included in the list"
		}
	}
	if len(wrong) == 0 {
		return values, nil
	}
	return nil, &reply{status: http.StatusBadRequest, body: apiError{Message: "Invalid extended attributes", Errors: wrong}}
}

func getAttributes(c *call) reply {
	t := c.w.tlds[strings.ToLower(c.params[":tld"])]
	if t == nil {
		return notFound("TLD", c.params[":tld"])
	}
	return data(http.StatusOK, t.rendered())
}

// secure is what .app and .dev want.
func secure() []attribute {
	return []attribute{{
		Name: "x-accept-ssl-requirement", Title: "HTTPS", Required: true,
		Description: "The suffix is on the HSTS preload list: a certificate is needed to serve it",
		Options:     []attributeOption{{Title: "Yes", Value: "1", Description: "I understand"}},
	}}
}
