using MeetOperator.Turn.Coturn;

namespace MeetOperator.Turn.Tests;

public sealed class RelaySocketsTests
{
    /// <summary>Lines of /proc/net/udp of Linux 6.1: a listener, two relay ports, and one below them.</summary>
    private static readonly string[] Table =
    [
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops",
        "  218: 0100007F:0D96 00000000:0000 07 00000000:00000000 00:00000000 00000000 65532        0 4745299 2 0000000000000000 0",
        "  312: 0100007F:C000 00000000:0000 07 00000000:00000000 00:00000000 00000000 65532        0 4745300 2 0000000000000000 0",
        "  313: 00000000000000000000000001000000:FFFF 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000 65532        0 4745301 2 0000000000000000 0",
        "  314: 0100007F:BFFF 00000000:0000 07 00000000:00000000 00:00000000 00000000 65532        0 4745302 2 0000000000000000 0",
        "garbage",
        "",
    ];

    private static readonly Settings.TurnOptions Options = CoturnArgumentsTests.Options;

    [Fact]
    public void AddRelayed_Table_FindsSocketsWithRelayPorts() => Assert.Equal([("socket:[4745300]", 0xC000), ("socket:[4745301]", 0xFFFF)], Relayed(Options));

    [Fact]
    public void AddRelayed_ListenerAmongRelayPorts_IsLeftOut() => Assert.Equal([("socket:[4745301]", 0xFFFF)], Relayed(Options with { Port = 0xC000 }));

    [Fact]
    public void Ports_WithoutProcess_AreNone()
    {
        Assert.Empty(new RelaySockets(Options, new RunningCoturn()).Ports());
        Assert.Empty(new RelaySockets(Options, new RunningCoturn { ProcessId = int.MaxValue }).Ports());
    }

    private static IEnumerable<(string, int)> Relayed(Settings.TurnOptions options)
    {
        var sockets = new Dictionary<string, int>();
        new RelaySockets(options, new RunningCoturn()).AddRelayed(Table, sockets);
        return sockets.Select(one => (one.Key, one.Value));
    }
}
