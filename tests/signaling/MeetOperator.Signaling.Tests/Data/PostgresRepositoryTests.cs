namespace MeetOperator.Signaling.Tests;

[Collection(ServersCollection.Name)]
public sealed class PostgresRepositoryTests(PostgresServer server) : RepositoryContract
{
    protected override Task<string> ConnectionAsync() => server.CreateDatabaseAsync();
}
