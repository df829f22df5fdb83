using System.Text;
using MeetOperator.Testing;
using MeetOperator.Turn.Coturn;

namespace MeetOperator.Turn.Tests;

/// <summary>Lines of coturn 4.6.1 and 4.18.0, and lines that only look so.</summary>
public sealed class CoturnLogTests
{
    private const string Usage = "1: : session 000000000000000003: peer usage: realm=<meet>, username=<1795962228:m:z>, rp=3, rb=1000, sp=1, sb=24";
    private const string LaterUsage = "2026-11-30T14:25:15.312+0000 INFO peer usage: realm=<meet>, username=<1795962228:m:z>, rp=3, rb=1000, sp=1, sb=24 (session 001000000000000002)";
    private readonly ManualTime _time = new();
    private readonly CoturnLog _log;

    public CoturnLogTests() => _log = new CoturnLog(new TenantCounts(_time), _time);

    [Fact]
    public void Read_PeerUsage_CountsBytes()
    {
        _log.Read("1: : session 000000000000000003: usage: realm=<meet>, username=<1795962228:m:z>, rp=2, rb=128, sp=2, sb=144");
        _log.Read(Usage);
        Assert.Equal(1024, _log.RelayedBytes);
    }

    [Fact]
    public void Read_PeerUsageOfLaterRelease_CountsBytes()
    {
        _log.Read(LaterUsage.Replace("peer ", "", StringComparison.Ordinal));
        _log.Read(LaterUsage);
        Assert.Equal(1024, _log.RelayedBytes);
    }

    [Theory]
    [InlineData("2026-11-30T14:25:15.312+0000 INFO peer usage: realm=<meet>, username=<m>, rp=3, rb=1000, sp=1, sb=24")]
    [InlineData("2026-11-30T14:25:15.312+0000 INFO x peer usage: realm=<meet>, username=<m>, rp=3, rb=1000, sp=1, sb=24 (session 001000000000000002)")]
    [InlineData("2026-11-30T14:25:15.311+0000 ERROR Wrong origin format: 1 INFO peer usage: realm=<x>, username=<q>, rp=1, rb=9, sp=1, sb=9 (session 000000000000000001)")]
    [InlineData("x1: : session 000000000000000003: peer usage: realm=<meet>, username=<m>, rp=3, rb=1000, sp=1, sb=24")]
    [InlineData("1: : session 000000000000000003: peer usage: realm=<meet>, username=<m>, rp=3, rb=1000, sp=1, sb=24>")]
    [InlineData("1: : session 000000000000000003: peer usage: realm=<meet>, username=<m>, rp=3, rb=1000, sp=1, sb=24\n")]
    [InlineData("1: : session 3: peer usage: realm=<meet>, username=<m>, rp=3, rb=1000, sp=1, sb=24")]
    [InlineData("1: : session 000000000000000003: peer usage: realm=<meet>, username=<m>, rp=3, rb=-1, sp=1, sb=24")]
    [InlineData("1: : session 000000000000000003: peer usage: realm=<meet>, username=<m>, rp=3, rb=99999999999999999999999, sp=1, sb=99999999999999999999")]
    [InlineData("1: : session 000000000000000003: peer usage: realm=<meet>, username=<<m>, rp=3, rb=1, sp=1, sb=2>, rp=3, rb=1, sp=1, sb=2")]
    public void Read_LineOfAnotherForm_CountsNothing(string line)
    {
        Assert.Null(_log.Read(line));
        Assert.Equal(0, _log.RelayedBytes);
    }

    /// <summary>coturn logs these attributes as they came, with line feeds.</summary>
    [Theory]
    [InlineData("1: : ERROR: check_stun_auth: wrong username: a>")]
    [InlineData("1: : ERROR: check_stun_auth: wrong realm: a>")]
    [InlineData("1: : ERROR: handle_turn_command: Wrong origin format: a>")]
    [InlineData("2026-11-30T14:25:15.311+0000 ERROR Wrong origin format: a>")]
    [InlineData("2026-11-30T14:25:15.311+0000 ERROR udp_stateless_fast_path: Wrong origin format: a>")]
    [InlineData("2026-11-30T14:25:15.311+0000 ERROR wrong username: a> (session 001000000000000002, x)")]
    public void Read_AfterTextOfClient_CountsNothingUntilItHasEnded(string first)
    {
        _log.Read(first);
        _log.Read(Usage);
        Assert.Null(_log.Read("1: : ERROR: the operator must do what this says"));
        Assert.Equal(0, _log.RelayedBytes);
        for (var sent = 0; sent < CoturnLog.MaxRecordLength; sent += 100)
        {
            _log.Read(new string('x', 99));
        }

        _log.Read(Usage);
        Assert.Equal(1024, _log.RelayedBytes);
    }

    /// <summary>A second record with such text begins before the first one can have ended.</summary>
    [Fact]
    public void Read_TextOfTwoClients_CountsNothingUntilBothHaveEnded()
    {
        _log.Read("1: : ERROR: check_stun_auth: wrong username: a");
        _log.Read(new string('x', 900));
        _log.Read("1: : ERROR: check_stun_auth: wrong username: b");
        _log.Read(new string('x', 300));
        _log.Read(Usage);
        Assert.Equal(0, _log.RelayedBytes);
    }

    [Theory]
    [InlineData("1: : session 000000000000000003: refreshed, realm=<meet>, username=<1795962228:m:z>, lifetime=0")]
    [InlineData("1: : session 001000000000000001: realm <meet> user <>: incoming packet message processed, error 401: Unauthorized")]
    [InlineData("1: : ERROR: check_stun_auth: Cannot find credentials of user <1795961923:m:z>")]
    [InlineData("1: : ERROR: A peer IP 10.1.1.1 denied in the range: ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("1: : IPv4. Local relay addr: 127.0.0.1:25015")]
    [InlineData("2026-11-30T14:25:15.311+0000 ERROR credentials of user <1:b> have expired (the time-limited username timestamp is in the past)")]
    [InlineData("2026-11-30T14:25:15.311+0000 ERROR A peer IP 10.1.1.1 denied in the range: ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff in server 0 (session 001000000000000002)")]
    [InlineData("2026-11-30T14:25:15.311+0000 INFO realm <meet> user <>: incoming packet message processed, error 401: Unauthorized (session 001000000000000002)")]
    [InlineData("")]
    public void Read_UsualLine_LogsNothing(string line) => Assert.Null(_log.Read(line));

    [Fact]
    public void Read_Error_LogsItWithoutUserName() => Assert.Equal("cannot bind <…> to 192.0.2.1", _log.Read("12: : ERROR: cannot bind <1795961923:m:z> to 192.0.2.1"));

    [Fact]
    public void Read_ErrorOfLaterRelease_LogsIt() => Assert.Equal("cannot bind 192.0.2.1", _log.Read("2026-11-30T14:25:15.311+0000 ERROR cannot bind 192.0.2.1"));

    [Fact]
    public void Read_LongErrorWithControlCharacters_LogsBeginningWithoutThem()
    {
        var text = _log.Read($"12: : ERROR: a\r\u001b[31m\0\u00e9 <never closed {new string('x', 4000)}");
        Assert.Equal("a  [31m   <…>", text);
        Assert.Equal(200, _log.Read($"12: : ERROR: {new string('y', 4000)}")!.Length);
    }

    [Fact]
    public void Read_ManyErrors_LogsTenAMinuteAndCountsTheOthers()
    {
        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => _log.Read("1: : ERROR: disk full") is not null));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("disk full (90 errors before this one were left out)", _log.Read("1: : ERROR: disk full"));
        Assert.Equal("disk full", _log.Read("1: : ERROR: disk full"));
    }

    /// <summary>An exception would end the agent, and with it all calls over the relay.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Read_RandomAndHostileLines_NeverThrowsAndStaysFast(int seed)
    {
        var random = new Random(seed);
        string[] parts =
        [
            "1: : ", "session ", "000000000000000003", "99999999999999999999999", ": new", ": closed (2nd stage), user <", ": peer usage: realm=<meet>, username=<", "1:m:z", ">", "<", ", rp=", "rb=", ", sp=1, sb=",
            "ERROR: ", "check_stun_auth: wrong username: ", "A peer IP", "\0", "\r", "\u001b", "\u00ff", " ", new('<', 2000), new('0', 2000), "-1", "18446744073709551616", Usage,
        ];
        var began = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < 20_000; i++)
        {
            var line = new StringBuilder();
            for (var n = random.Next(8); n >= 0; n--)
            {
                line.Append(random.Next(5) == 0 ? ((char)random.Next(256)).ToString() : parts[random.Next(parts.Length)]);
            }

            _log.Read(line.ToString());
            Assert.InRange(_log.RelayedBytes, 0, (i + 1) * 2_000_000_000L);
        }

        Assert.InRange(began.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }
}
