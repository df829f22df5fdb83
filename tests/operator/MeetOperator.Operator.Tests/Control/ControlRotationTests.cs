using System.Collections.Concurrent;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Security;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Certificates;
using MeetOperator.Operator.Control;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Control;

/// <summary>Renewal and rotation of the NodeControl authority while operator and signaling call media nodes.</summary>
public sealed class ControlRotationTests
{
    [Fact]
    public async Task Rotation_UnderLoad_NoCallFails()
    {
        await using var stage = await ControlStage.StartAsync();
        var first = stage.Authority.Own!.Certificate.Issuer;
        await using var load = new Load(stage);
        var most = 0;

        for (var day = 0; day < 260; day += 3)
        {
            stage.Time.Advance(TimeSpan.FromDays(3));
            await stage.SettleAsync();
            await load.RoundAsync();
            most = Math.Max(most, stage.Nodes.Max(node => node.Credentials.Authorities.Count));
        }

        Assert.Empty(load.Failures);
        Assert.Equal(2, most);
        var last = stage.Authority.Own!.Certificate.Issuer;
        Assert.NotEqual(first, last);
        Assert.All(stage.Nodes, node => Assert.Equal((last, 1), (node.Credentials.Certificate.Issuer, node.Credentials.Authorities.Count)));
        Assert.Equal(last, stage.Signaling!.Certificate.Issuer);
    }

    [Fact]
    public async Task Rotation_RequestedByAnnotation_RunsInTwoStepsWithOverlap()
    {
        await using var stage = await ControlStage.StartAsync();
        var first = stage.Authority.Own!.Certificate.Issuer;
        await using var load = new Load(stage);
        stage.Time.Advance(TimeSpan.FromHours(1));

        await stage.RequestRotationAsync();
        await stage.SettleAsync();
        Assert.Equal(first, stage.Authority.Own!.Certificate.Issuer);
        Assert.All(stage.Nodes, node => Assert.Equal(2, node.Credentials.Authorities.Count));
        await load.RoundAsync();

        stage.Time.Advance(ControlAuthorityKeeper.TrustDelay);
        await stage.SettleAsync();
        Assert.NotEqual(first, stage.Authority.Own!.Certificate.Issuer);
        await load.RoundAsync();

        stage.Time.Advance(AuthorityPlan.Retire);
        await stage.SettleAsync();
        await load.RoundAsync();
        Assert.All(stage.Nodes, node => Assert.Single(node.Credentials.Authorities));
        Assert.False((await stage.SecretAsync(stage.Options.AuthoritySecret)).Metadata.Annotations?.ContainsKey(ControlAuthorityKeeper.RotateAnnotation) == true);
        Assert.Empty(load.Failures);
    }

    /// <summary>A stolen certificate must be useless after a rotation.</summary>
    [Fact]
    public async Task Rotation_Finished_RejectsFormerCertificates()
    {
        await using var stage = await ControlStage.StartAsync();
        var stolen = TestAuthority.Read(stage.Authority.IssueFor(ControlRole.Operator));
        for (var hour = 0; hour < 260 * 24; hour += 72)
        {
            stage.Time.Advance(TimeSpan.FromDays(3));
            await stage.SettleAsync();
        }

        Assert.True(stolen.ValidUntil > stage.Time.GetUtcNow());
        Assert.All(stage.Nodes, node => Assert.Null(node.Credentials.RoleOf(stolen.Certificate, stage.Time.GetUtcNow())));
    }

    [Fact]
    public async Task AuthoritySecret_Deleted_IsRestored()
    {
        await using var stage = await ControlStage.StartAsync();
        await using var load = new Load(stage);
        var before = (await stage.SecretAsync(stage.Options.AuthoritySecret)).Data!["ca.crt"];

        await stage.Client.DeleteAsync<Secret>(new NamespacedName(ControlStage.Namespace, stage.Options.AuthoritySecret), default);
        await stage.SettleAsync();
        await load.RoundAsync();

        Assert.Equal(before, (await stage.SecretAsync(stage.Options.AuthoritySecret)).Data!["ca.crt"]);
        Assert.Empty(load.Failures);
    }

    [Fact]
    public async Task Advance_EmptySecretsFromChart_FillsThemAndKeepsOwner()
    {
        await using var stage = await ControlStage.StartAsync(nodes: 0);
        foreach (var name in (string[])[stage.Options.AuthoritySecret, stage.Options.SignalingSecret, stage.Options.MetricsSecret])
        {
            await stage.Client.DeleteAsync<Secret>(new NamespacedName(ControlStage.Namespace, name), default);
            await stage.Client.CreateAsync(
                new Secret { Metadata = new ObjectMeta { Name = name, Namespace = ControlStage.Namespace, Labels = new Dictionary<string, string> { ["app.kubernetes.io/managed-by"] = "Helm" } } }, default);
        }

        stage.ChangeLeader();
        await stage.SettleAsync();

        foreach (var name in (string[])[stage.Options.AuthoritySecret, stage.Options.SignalingSecret, stage.Options.MetricsSecret])
        {
            var secret = await stage.SecretAsync(name);
            Assert.NotEmpty(secret.GetBytes("ca.crt")!);
            Assert.Equal("Helm", secret.Metadata.Labels!["app.kubernetes.io/managed-by"]);
        }
    }

    [Fact]
    public async Task Advance_NextLeader_UsesStoredAuthority()
    {
        await using var stage = await ControlStage.StartAsync();
        var before = stage.Nodes.Select(node => node.Credentials.Certificate.Thumbprint).ToArray();

        stage.ChangeLeader();
        await stage.Keeper.AdvanceAsync(default);

        using var http = TestAuthority.Http(() => stage.Authority.Own, stage.Time);
        foreach (var node in stage.Nodes)
        {
            Assert.Null(stage.Authority.Renew(new NamespacedName("meet-a", node.Name), (await node.Client(http).GetNodeAsync(default)).Credentials));
        }

        Assert.Equal(before, stage.Nodes.Select(node => node.Credentials.Certificate.Thumbprint));
    }

    /// <summary>An unresponsive media node must not prevent the rotation for others.</summary>
    [Fact]
    public async Task Rotation_UnresponsiveNode_Continues()
    {
        await using var stage = await ControlStage.StartAsync();
        var gone = new NamespacedName("meet-a", "gone");
        stage.Authority.Renew(gone, CredentialReport.Of(TestAuthority.Read(stage.Authority.IssueFor(gone))));
        var first = stage.Authority.Own!.Certificate.Issuer;

        for (var day = 0; day < 260; day += 3)
        {
            stage.Time.Advance(TimeSpan.FromDays(3));
            await stage.SettleAsync();
        }

        Assert.NotEqual(first, stage.Authority.Own!.Certificate.Issuer);
    }

    /// <summary>A tenant may run its own modified node, which can report anything.</summary>
    [Fact]
    public async Task Rotation_NodeNeverAcceptsAuthority_ContinuesAfterOneHour()
    {
        await using var stage = await ControlStage.StartAsync();
        await using var load = new Load(stage);
        var liar = new NamespacedName("meet-b", "liar");
        var report = CredentialReport.Of(TestAuthority.Read(stage.Authority.IssueFor(liar)));
        var first = stage.Authority.Own!.Certificate.Issuer;
        await stage.RequestRotationAsync();

        var offers = 0;
        for (var minute = 0; minute < 75; minute += 5)
        {
            stage.Time.Advance(TimeSpan.FromMinutes(5));
            offers += Enumerable.Range(0, 5).Count(_ => stage.Authority.Renew(liar, report) is not null);
            await stage.SettleAsync();
            await load.RoundAsync();
            Assert.Equal(minute < 65, stage.Authority.Own!.Certificate.Issuer == first);
        }

        Assert.InRange(offers, 1, 15);
        Assert.Empty(load.Failures);
    }

    [Fact]
    public async Task Rotation_NextLeaderWithoutReports_DoesNotSignWithNextAuthority()
    {
        await using var stage = await ControlStage.StartAsync();
        stage.Time.Advance(TimeSpan.FromMinutes(1));
        await stage.RequestRotationAsync();
        await stage.Keeper.AdvanceAsync(default); // The leader ends before any node received the authority.
        var first = stage.Authority.Own!.Certificate.Issuer;

        stage.ChangeLeader();
        for (var minute = 0; minute < 10; minute++)
        {
            while (await stage.Keeper.AdvanceAsync(default))
            {
            }

            stage.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(first, stage.Authority.Own!.Certificate.Issuer);
        Assert.Null((await stage.StoredAsync()).NextTrustedSince);

        stage.Authority.StartObserving();
        for (var minute = 0; minute < 10; minute++)
        {
            stage.Time.Advance(TimeSpan.FromMinutes(1));
            await stage.SettleAsync();
        }

        Assert.NotEqual(first, stage.Authority.Own!.Certificate.Issuer);
        Assert.All(stage.Nodes, node => Assert.Equal(stage.Authority.Own.Certificate.Issuer, node.Credentials.Certificate.Issuer));
    }

    /// <summary>The Secret also contains the key of the next authority, which a leak of the Secret compromises as well.</summary>
    [Fact]
    public async Task Rotation_RequestedDuringRotation_ReplacesNextAuthority()
    {
        await using var stage = await ControlStage.StartAsync();
        stage.Time.Advance(TimeSpan.FromMinutes(1));
        await stage.RequestRotationAsync();
        await stage.SettleAsync();
        var known = (await stage.StoredAsync()).Next!.Thumbprint;

        stage.Time.Advance(ControlAuthorityKeeper.TrustDelay - TimeSpan.FromSeconds(1));
        await stage.RequestRotationAsync();
        await stage.SettleAsync();
        for (var minute = 0; minute < 90; minute += 3)
        {
            stage.Time.Advance(TimeSpan.FromMinutes(3));
            await stage.SettleAsync();
            Assert.NotEqual(known, (await stage.StoredAsync()).Signing.Thumbprint);
        }

        Assert.All(stage.Nodes, node => Assert.DoesNotContain(known, node.Credentials.Authorities));
    }

    [Fact]
    public async Task AuthoritySecret_RestoredFromOldBackup_IsReplaced()
    {
        await using var stage = await ControlStage.StartAsync();
        stage.Time.Advance(TimeSpan.FromMinutes(1));
        await stage.SettleAsync();
        await using var load = new Load(stage);
        var before = (await stage.StoredAsync()).Signing.Thumbprint;
        var secret = await stage.SecretAsync(stage.Options.AuthoritySecret);
        var other = new Authorities { Signing = Authority.Create("other", stage.Time.GetUtcNow(), AuthorityPlan.Lifetime) };

        await stage.Client.ReplaceAsync(other.ToSecret(new NamespacedName(ControlStage.Namespace, stage.Options.AuthoritySecret), secret), default);
        await stage.SettleAsync();
        await load.RoundAsync();

        Assert.Equal(before, (await stage.StoredAsync()).Signing.Thumbprint);
        Assert.Empty(load.Failures);
    }

    /// <summary>For a clock one year ahead, every authority has expired, and a new one is not valid yet for all others.</summary>
    [Fact]
    public async Task Advance_LeaderClockOneYearAhead_KeepsAuthority()
    {
        await using var stage = await ControlStage.StartAsync();
        var before = await stage.SecretAsync(stage.Options.AuthoritySecret);

        stage.ChangeLeader(clockLead: TimeSpan.FromDays(400));
        stage.Time.Advance(TimeSpan.FromDays(400));
        await stage.Keeper.AdvanceAsync(default);

        Assert.Equal(before.Metadata.ResourceVersion, (await stage.SecretAsync(stage.Options.AuthoritySecret)).Metadata.ResourceVersion);
    }

    [Fact]
    public async Task Advance_LeaderClockHalfDayAhead_CallsAllNodes()
    {
        await using var stage = await ControlStage.StartAsync();
        stage.ChangeLeader();
        stage.Time.Advance(TimeSpan.FromHours(12));
        await stage.Keeper.AdvanceAsync(default);
        stage.Time.JumpWallClock(TimeSpan.FromHours(-12)); // The clock of the nodes.

        using var http = TestAuthority.Http(() => stage.Authority.Own, stage.Time);
        foreach (var node in stage.Nodes)
        {
            await node.Client(http).GetNodeAsync(default);
        }
    }

    /// <summary>Operator and signaling call both nodes continuously, with a new connection for each call.</summary>
    private sealed class Load : IAsyncDisposable
    {
        private readonly ControlStage _stage;
        private readonly CancellationTokenSource _stop = new();
        private readonly long[] _rounds = new long[2];
        private readonly Task[] _callers;

        public Load(ControlStage stage)
        {
            _stage = stage;
            _callers =
            [
                Task.Run(() => CallAsync(0, () => stage.Authority.Own, client => client.GetNodeAsync(default))),
                Task.Run(() => CallAsync(1, () => stage.Signaling, async client =>
                {
                    // The call is authenticated and fails only because the room does not exist.
                    var answer = await Assert.ThrowsAsync<NodeControlException>(() => client.GetRoomAsync("none", default));
                    Assert.Equal("unknown-room", answer.Code);
                })),
            ];
        }

        public ConcurrentQueue<string> Failures { get; } = new();

        /// <summary>Waits until each caller has started and completed at least one more round.</summary>
        public async Task RoundAsync()
        {
            var begun = _rounds.Select((_, caller) => Interlocked.Read(ref _rounds[caller])).ToArray();
            using var deadline = new CancellationTokenSource(TestCluster.Timeout);
            while (begun.Where((count, caller) => Interlocked.Read(ref _rounds[caller]) < count + 2).Any())
            {
                await Task.Delay(1, deadline.Token);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await Task.WhenAll(_callers);
        }

        private async Task CallAsync(int caller, Func<ControlCredentials?> credentials, Func<NodeControlClient, Task> call)
        {
            while (!_stop.IsCancellationRequested)
            {
                foreach (var node in _stage.Nodes)
                {
                    try
                    {
                        using var http = TestAuthority.Http(credentials, _stage.Time);
                        await call(node.Client(http));
                    }
                    catch (Exception failed) when (failed is not OutOfMemoryException)
                    {
                        Failures.Enqueue($"{_stage.Time.GetUtcNow():u} caller {caller}: {failed}");
                    }
                }

                Interlocked.Increment(ref _rounds[caller]);
                await Task.Delay(5, CancellationToken.None); // leaves the processor to the rotation
            }
        }
    }
}
