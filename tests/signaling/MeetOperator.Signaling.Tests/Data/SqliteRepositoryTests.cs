using MeetOperator.Signaling.Tests.Harness;

namespace MeetOperator.Signaling.Tests.Data;

public sealed class SqliteRepositoryTests : RepositoryContract
{
    private readonly string folder = Daemon.NewFolder("sqlite");
    private int databases;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    protected override Task<string> ConnectionAsync() => Task.FromResult($"sqlite:{Path.Combine(folder, $"{++databases}.db")}");
}
