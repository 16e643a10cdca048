module crystalyse

go 1.26.0

require (
	github.com/oklog/ulid/v2 v2.1.2 // indirect
	go.temporal.io/sdk v1.50.0 // indirect
)
