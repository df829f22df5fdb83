using MeetOperator.Turn.Coturn;

namespace MeetOperator.Turn.Tests;

/// <summary>Lines of coturn 4.6.1.</summary>
public sealed class CoturnLogTests
{
    private readonly CoturnLog _log = new();

    [Fact]
    public void Read_BeginAndEnd_CountsAllocations()
    {
        _log.Read("1: : session 000000000000000003: new, realm=<meet>, username=<1795962228:m:z>, lifetime=600");
        _log.Read("1: : session 001000000000000004: new, realm=<meet>, username=<1795962228:m:z>, lifetime=600");
        Assert.Equal(2, _log.Allocations);
        _log.Read("1: : session 000000000000000003: delete: realm=<meet>, username=<1795962228:m:z>");
        _log.Read("1: : session 001000000000000004: closed (2nd stage), user <1795962228:m:z> realm <meet> origin <>, local 127.0.0.1:13478, remote 127.0.0.1:58624, reason: allocation timeout");
        Assert.Equal(0, _log.Allocations);
    }

    [Fact]
    public void Read_AllocationOfProbe_IsNotCounted()
    {
        _log.Read("1: : session 000000000000000003: new, realm=<meet>, username=<1795962228:probe>, lifetime=600");
        Assert.Equal(0, _log.Allocations);
    }

    [Fact]
    public void Read_PeerUsage_CountsBytes()
    {
        _log.Read("1: : session 000000000000000003: usage: realm=<meet>, username=<1795962228:m:z>, rp=2, rb=128, sp=2, sb=144");
        _log.Read("1: : session 000000000000000003: peer usage: realm=<meet>, username=<1795962228:m:z>, rp=3, rb=1000, sp=1, sb=24");
        Assert.Equal(1024, _log.RelayedBytes);
    }

    [Theory]
    [InlineData("1: : session 000000000000000003: refreshed, realm=<meet>, username=<1795962228:m:z>, lifetime=0")]
    [InlineData("1: : ERROR: check_stun_auth: Cannot find credentials of user <1795961923:m:z>")]
    [InlineData("1: : ERROR: A peer IP 10.1.1.1 denied in the range: ::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [InlineData("1: : IPv4. Local relay addr: 127.0.0.1:25015")]
    public void Read_UsualLine_LogsNothing(string line) => Assert.Null(_log.Read(line));

    [Fact]
    public void Read_Error_LogsItWithoutUserName() => Assert.Equal("cannot bind <…> to 192.0.2.1", _log.Read("12: : ERROR: cannot bind <1795961923:m:z> to 192.0.2.1"));
}
