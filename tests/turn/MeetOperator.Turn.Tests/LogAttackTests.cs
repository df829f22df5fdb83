using MeetOperator.Stun;
using MeetOperator.Testing;

namespace MeetOperator.Turn.Tests;

/// <summary>Clients without a credential write to the log of a real coturn, from which the agent reads figures.</summary>
public sealed class LogAttackTests(RunningRelay relay) : IClassFixture<RunningRelay>
{
    private const string New = "1: : session 000000000000000077: new, realm=<meet>, username=<1:m:z>, lifetime=600";
    private const string Usage = "1: : session 000000000000000077: peer usage: realm=<meet>, username=<1:m:z>, rp=9, rb=900000000, sp=9, sb=900000000";
    private const string Closed = "1: : session 000000000000000001: closed (2nd stage), user <1:m:z> realm <meet> origin <>, local 127.0.0.1:1, remote 127.0.0.1:2, reason: allocation timeout";
    private const string HugeNumber = "1: : session 99999999999999999999999: peer usage: realm=<meet>, username=<a>, rp=1, rb=999999999999999999999, sp=1, sb=99999999999999999999999";

    public static TheoryData<string> Texts =>
    [
        $"a>\n{New}\n1: : ERROR: check_stun_auth: Cannot find credentials of user <z",
        $"a>\n{Usage}\nb",
        $"a>\r{Usage}\r\n{Usage}\n",
        $"a\n{Closed}\n{Closed.Replace("0001", "0002", StringComparison.Ordinal)}",
        $"a\n{HugeNumber}\n",
        "session 99999999999999999999999: new",
        new('<', 700),
        $"{new string('\n', 300)}{Usage}\n{new string('x', 60)}",
        "\u001b[31m\0\u2028\u202e",
    ];

    [Theory]
    [MemberData(nameof(Texts))]
    [Trait("Category", "Abuse")]
    public async Task Log_TextOfClientInUserName_ChangesNoFigure(string text) => await AssertUnaffectedAsync(() => relay.ConnectAsync(text, "x"));

    [Theory]
    [MemberData(nameof(Texts))]
    [Trait("Category", "Abuse")]
    public async Task Log_TextOfClientInRealm_ChangesNoFigure(string text) => await AssertUnaffectedAsync(() => relay.ClientAsync(realm: text));

    [Theory]
    [MemberData(nameof(Texts))]
    [Trait("Category", "Abuse")]
    public async Task Log_TextOfClientInOrigin_ChangesNoFigure(string text)
    {
        await AssertUnaffectedAsync(async () =>
        {
            var client = await relay.ConnectAsync("guest", "x");
            await client.SendAsync(StunMessage.Request(StunMethod.Allocate).Add(StunAttribute.Origin, text).Add(StunAttribute.RequestedTransport, [17, 0, 0, 0]), isSigned: false, default);
            return client;
        });
    }

    private async Task AssertUnaffectedAsync(Func<Task<TurnClient>> attack)
    {
        var process = relay.ProcessId;
        using var honest = await relay.AllocatedAsync();
        await Eventually.TrueAsync(async () => (await relay.ReportAsync()).Allocations == 1, "there is one allocation");
        for (var i = 0; i < 5; i++)
        {
            using var attacker = await attack();
            await attacker.AllocateAsync(default);
        }

        // Its own record follows those of the attack in the log.
        await Eventually.TrueAsync(async () => await relay.IsPermittedAsync(relay.MediaNode), "the relay works");
        var report = await relay.ReportAsync();
        Assert.True(report.IsReady, report.Problem);
        Assert.InRange(report.RelayedBytes, 0, 1_000_000);
        await Eventually.TrueAsync(async () => (await relay.ReportAsync()).Allocations == 1, "there is still one allocation");
        Assert.Equal(process, relay.ProcessId);
        await honest.RefreshAsync(0, default);
        await Eventually.TrueAsync(async () => (await relay.ReportAsync()).Allocations == 0, "there is none any more");
    }
}
