package portfolio

// Identity is whom a token speaks for, or one of the accounts that it reaches.
// A token of an account has no user, and a user's token no account of its own.
type Identity struct {
	UserID    int64 // 0 where the token belongs to an account
	AccountID int64 // 0 where the token belongs to a user
	Email     string
}
