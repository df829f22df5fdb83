using MeetOperator.Stun;
using MeetOperator.Testing;

namespace MeetOperator.Turn.Tests;

/// <summary>What the operator learns about a relay, with a real coturn.</summary>
public sealed class ReportTests(RunningRelay relay) : IClassFixture<RunningRelay>
{
    [Fact]
    public async Task Report_Allocation_IsCountedUntilItEnds()
    {
        await Eventually.TrueAsync(async () => (await relay.ReportAsync()).Allocations == 0, "there is no allocation");
        using var client = await relay.AllocatedAsync();
        using var other = await relay.AllocatedAsync(isTcp: true);
        await Eventually.TrueAsync(async () => (await relay.ReportAsync()).Allocations == 2, "the allocations are counted");
        await client.RefreshAsync(0, default);
        await Eventually.TrueAsync(async () => (await relay.ReportAsync()).Allocations == 1, "the end of the first one is noticed");
        other.Dispose(); // over TCP, the end of the connection is the end of the allocation
        await Eventually.TrueAsync(async () => (await relay.ReportAsync()).Allocations == 0, "the end of the second one is noticed");
    }

    /// <summary>The allocation of the probe is not one of a client.</summary>
    [Fact]
    public async Task Report_Probe_IsNotCounted()
    {
        await Eventually.TrueAsync(async () => (await relay.ReportAsync()).Allocations == 0, "there is no allocation");
        var end = DateTimeOffset.UtcNow.AddSeconds(6); // the probe runs every 5 s
        while (DateTimeOffset.UtcNow < end)
        {
            Assert.Equal(0, (await relay.ReportAsync()).Allocations);
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }

    [Fact]
    public async Task Report_RelayedData_IsCounted()
    {
        var before = (await relay.ReportAsync()).RelayedBytes;
        using var client = await relay.AllocatedAsync();
        Assert.Equal(0, await client.PermitAsync(relay.MediaNode, default));
        await client.SendDataAsync(relay.MediaNode, new byte[1000], default);
        await relay.MediaSocket.ReceiveAsync(new byte[1500]).WaitAsync(TimeSpan.FromSeconds(30));
        await client.RefreshAsync(0, default);
        await Eventually.TrueAsync(async () => (await relay.ReportAsync()).RelayedBytes >= before + 1000, "the data is counted");
    }

    [Fact]
    public async Task Report_TwoTenants_HasAllocationsAndBytesOfEach()
    {
        const string North = "aaaaaaaaaaaaaaaa";
        const string South = "bbbbbbbbbbbbbbbb";
        var clients = new List<TurnClient>();
        foreach (var username in (string[])[RunningRelay.UserOf(North), RunningRelay.UserOf(North), RunningRelay.UserOf(South)])
        {
            clients.Add(await relay.ConnectAsync(username, RunningRelay.Password(username)));
            Assert.Equal(0, await clients[^1].AllocateAsync(default));
        }

        await Eventually.TrueAsync(async () => await AllocationsOfAsync(North) == 2 && await AllocationsOfAsync(South) == 1, "the allocations count for their tenants");
        Assert.Equal(0, await clients[0].PermitAsync(relay.MediaNode, default));
        await clients[0].SendDataAsync(relay.MediaNode, new byte[1000], default);
        await relay.MediaSocket.ReceiveAsync(new byte[1500]).WaitAsync(TimeSpan.FromSeconds(30));
        await clients[0].RefreshAsync(0, default);
        await Eventually.TrueAsync(
            async () => (await relay.ReportAsync()).Tenants!.SingleOrDefault(each => each.Tenant == North) is { Allocations: 1, RelayedBytes: >= 1000 }, "the end and the bytes count for their tenant");
        Assert.Equal(0, (await relay.ReportAsync()).Tenants!.Single(each => each.Tenant == South).RelayedBytes);
        foreach (var client in clients)
        {
            await client.RefreshAsync(0, default);
            client.Dispose();
        }

        await Eventually.TrueAsync(async () => await AllocationsOfAsync(North) + await AllocationsOfAsync(South) == 0, "none is left");
    }

    private async Task<int> AllocationsOfAsync(string tenant) => (await relay.ReportAsync()).Tenants!.SingleOrDefault(each => each.Tenant == tenant)?.Allocations ?? 0;

    /// <summary>Credentials end by the clock of the relay.</summary>
    [Fact]
    public async Task Report_Clock_IsThatOfAgent()
    {
        var before = DateTimeOffset.UtcNow;
        var reported = (await relay.ReportAsync()).Time;
        Assert.NotNull(reported);
        Assert.InRange(reported.Value, before, DateTimeOffset.UtcNow);
    }

    /// <summary>The environment of the agent contains the key of its certificate.</summary>
    [Fact]
    public async Task Coturn_Environment_HasOnlyThePath()
    {
        var environment = await File.ReadAllTextAsync($"/proc/{relay.ProcessId}/environ");
        Assert.Equal(["PATH"], environment.Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(each => each.Split('=')[0]));
    }

    [Fact]
    public async Task Data_Files_AreReadableForTheirOwnerOnly()
    {
        await relay.ReportAsync();
        var folder = (await File.ReadAllTextAsync($"/proc/{relay.ProcessId}/cmdline")).Split('\0').Single(each => each.StartsWith("--userdb=", StringComparison.Ordinal))["--userdb=".Length..];
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder));
    }
}
