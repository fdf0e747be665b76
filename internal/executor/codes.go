package executor

// CodeNoPrice is the code of a decision that is blocked because what it would buy has no
// price that is known.
const CodeNoPrice = codeNoPrice

// PricesFor is how long a price that is remembered is shown.
const PricesFor = pricesFor
