using MeetOperator.Signaling.Tests.Harness;

namespace MeetOperator.Signaling.Tests.Data;

public sealed class SqliteRepositoryTests : RepositoryContract
{
    private readonly string _folder = Daemon.NewFolder("sqlite");
    private int _databases;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    protected override Task<string> ConnectionAsync() => Task.FromResult($"sqlite:{Path.Combine(_folder, $"{++_databases}.db")}");
}
