using System.Diagnostics;
using MeetOperator.Stun;
using MeetOperator.Testing;

namespace MeetOperator.Turn.Tests;

/// <summary>Who must not get an allocation, with a real coturn.</summary>
public sealed class CredentialAttackTests(RunningRelay relay) : IClassFixture<RunningRelay>
{
    private const int Unauthorized = 401;
    private const int QuotaReached = 486;
    private const int WrongRealm = 437;

    [Fact]
    public async Task Allocate_GoodCredential_Succeeds()
    {
        using var client = await relay.ClientAsync();
        Assert.Equal(0, await client.AllocateAsync(default));
    }

    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Allocate_WrongSecret_IsRefused()
    {
        using var client = await relay.ClientAsync(secret: "guessed");
        Assert.Equal(Unauthorized, await client.AllocateAsync(default));
    }

    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Allocate_ExpiredCredential_IsRefused()
    {
        using var client = await relay.ClientAsync(seconds: -1);
        Assert.Equal(Unauthorized, await client.AllocateAsync(default));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("meeting:participant", "x")]
    [InlineData("9999999999", "x")]
    [InlineData("probe", "")]
    [Trait("Category", "Abuse")]
    public async Task Allocate_UserNameOfAnotherForm_IsRefused(string username, string password)
    {
        using var client = await relay.ConnectAsync(username, password);
        Assert.NotEqual(0, await client.AllocateAsync(default));
    }

    /// <summary>Otherwise the allocations of one tenant would count for another one.</summary>
    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Allocate_NameOfAnotherTenant_IsRefusedAndCountsForNobody()
    {
        const string Own = "1111111111111111";
        const string Other = "2222222222222222";
        var username = RunningRelay.UserOf(Own);
        using var lying = await relay.ConnectAsync(username.Replace(Own, Other, StringComparison.Ordinal), RunningRelay.Password(username));
        Assert.Equal(Unauthorized, await lying.AllocateAsync(default));
        using var honest = await relay.ConnectAsync(username, RunningRelay.Password(username));
        Assert.Equal(0, await honest.AllocateAsync(default));
        await Eventually.TrueAsync(async () => (await relay.ReportAsync()).Tenants!.Any(each => each.Tenant == Own), "the allocation counts for its tenant");
        Assert.DoesNotContain((await relay.ReportAsync()).Tenants!, each => each.Tenant == Other);
    }

    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Allocate_Anonymous_IsRefused()
    {
        using var client = await relay.ClientAsync();
        Assert.Equal(Unauthorized, await client.SendAsync(StunMessage.Request(StunMethod.Allocate).Add(StunAttribute.RequestedTransport, [17, 0, 0, 0]), isSigned: false, default));
    }

    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Allocate_AnotherRealm_IsRefused()
    {
        using var client = await relay.ClientAsync(realm: "former");
        Assert.Equal(WrongRealm, await client.AllocateAsync(default));
    }

    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Allocate_MoreThanQuota_IsRefused()
    {
        var name = Guid.NewGuid().ToString("N");
        var clients = new List<TurnClient>();
        for (var i = 0; i < RunningRelay.AllocationsPerCredential; i++)
        {
            clients.Add(await relay.ClientAsync(name: name, seconds: 3600 - (int)(DateTimeOffset.UtcNow.ToUnixTimeSeconds() % 60))); // the same user name for each
            Assert.Equal(0, await clients[^1].AllocateAsync(default));
        }

        using var further = await relay.ClientAsync(name: name, seconds: 3600 - (int)(DateTimeOffset.UtcNow.ToUnixTimeSeconds() % 60));
        Assert.Equal(QuotaReached, await further.AllocateAsync(default));
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>A participant gets a credential every few minutes, and its quota counts all of them.</summary>
    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Allocate_AnotherCredentialOfSameParticipant_SharesQuota()
    {
        var name = Guid.NewGuid().ToString("N");
        var clients = new List<TurnClient>();
        for (var i = 0; i < RunningRelay.AllocationsPerCredential; i++)
        {
            clients.Add(await relay.ClientAsync(name: name, seconds: 600 + i));
            Assert.Equal(0, await clients[^1].AllocateAsync(default));
        }

        using var further = await relay.ClientAsync(name: name, seconds: 900);
        Assert.Equal(QuotaReached, await further.AllocateAsync(default));
        clients.ForEach(client => client.Dispose());
    }

    /// <summary>Everything that costs the relay something requires a credential, also over an allocation of somebody else.</summary>
    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Permission_OfAnotherUser_IsRefused()
    {
        using var client = await relay.ClientAsync();
        Assert.NotEqual(0, await client.PermitAsync(relay.MediaNode, default));
    }

    [Fact]
    public async Task Secrets_Rotation_AcceptsBothAndThenOnlyTheNewOne()
    {
        string[] peers = [relay.MediaNode.Address.ToString()];
        using var before = await relay.AllocatedAsync();
        await relay.ApplyAsync([RunningRelay.Secret, "south"], peers);
        using var formerOne = await relay.ClientAsync();
        using var newOne = await relay.ClientAsync(secret: "south");
        Assert.Equal(0, await formerOne.AllocateAsync(default));
        Assert.Equal(0, await newOne.AllocateAsync(default));
        await relay.ApplyAsync(["south"], peers);
        using var late = await relay.ClientAsync();
        Assert.Equal(Unauthorized, await late.AllocateAsync(default));
        Assert.Equal(0, await before.RefreshAsync(600, default)); // a call over the relay goes on
        await relay.ApplyAsync([RunningRelay.Secret], peers);
    }

    /// <summary>
    /// An answer to a source that has proven nothing is less than three times as long as its request: the shortest possible one (a header alone) as an IPv4 packet, and one as clients send it
    /// also without the headers of IP and UDP.
    /// </summary>
    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Answers_WithoutCredential_DoNotAmplify()
    {
        const int headers = 20 + 8;
        using var client = await relay.ClientAsync();
        foreach (var method in (StunMethod[])[StunMethod.Binding, StunMethod.Allocate, StunMethod.Refresh, StunMethod.CreatePermission, StunMethod.ChannelBind, StunMethod.Connect])
        {
            await AssertShortAsync(StunMessage.Request(method), headers);
            await AssertShortAsync(StunMessage.Request(method).Add(StunAttribute.RequestedTransport, [17, 0, 0, 0]), 0);
        }

        async Task AssertShortAsync(StunMessage request, int more)
        {
            var length = request.Write().Length;
            Assert.NotEqual(TurnClient.NoResponse, await client.SendAsync(request, isSigned: false, default));
            Assert.True(client.LastLength + more < 3 * (length + more), $"{request.Method}: {client.LastLength} bytes in response to {length}");
            Assert.False(client.Last.ContainsKey(StunAttribute.Software));
        }
    }

    /// <summary>An independent client.</summary>
    [Fact]
    [Trait("Category", "Abuse")]
    public async Task Uclient_PeerThatIsNoMediaNode_GetsNoPermission()
    {
        Assert.Contains("403", await UclientAsync("127.0.0.1", RunningRelay.Secret), StringComparison.Ordinal);
        Assert.Contains("Cannot complete Allocation", await UclientAsync("127.0.0.77", "guessed"), StringComparison.Ordinal);
    }

    private async Task<string> UclientAsync(string peer, string secret)
    {
        var start = new ProcessStartInfo("turnutils_uclient", ["-W", secret, "-u", "uclient", "-e", peer, "-r", "40000", "-p", $"{relay.Listener.Port}", "-n", "1", "-m", "1", "-c", "127.0.0.1"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var lines = new List<string>();
        try
        {
            // It tries again for ever.
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line && lines.Count < 50)
            {
                lines.Add(line);
                if (line.Contains("error 4", StringComparison.Ordinal) || line.Contains("Cannot complete", StringComparison.Ordinal))
                {
                    break;
                }
            }
        }
        finally
        {
            process.Kill();
        }

        return string.Join('\n', lines);
    }
}
