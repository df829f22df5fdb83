using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Client.Config;
using MeetOperator.Kube.Client.Errors;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Kube.Runtime.Leadership;
using MeetOperator.Kube.Testing;
using MeetOperator.Kube.Tests.Testing;
using MeetOperator.Testing;

namespace MeetOperator.Kube.Tests.Cluster;

public sealed class LeaderElectionTests
{
    private static readonly NamespacedName LeaseKey = new("default", "leader");

    [Fact]
    public async Task RunAsync_TwoCompetitors_SecondLeadsAfterFirstStops()
    {
        await using var server = await TestApiServer.StartAsync();
        var first = new Competitor(server, "first", TimeProvider.System, Fast());
        await Eventually.TrueAsync(() => first.Terms.Count == 1, "the first leads");
        var second = new Competitor(server, "second", TimeProvider.System, Fast());
        for (var renewals = 0; renewals < 5; renewals++)
        {
            await RenewedAsync(server.Client);
            Assert.Empty(second.Terms);
        }

        // A leader that stops releases the Lease, so the other does not have to wait for its expiry.
        await first.DisposeAsync();
        await Eventually.TrueAsync(() => second.Terms.Count == 1, "the second leads");
        Assert.True(second.Terms.Single().Fence > first.Terms.Single().Fence);
        await second.DisposeAsync();
    }

    [Fact]
    public async Task RunAsync_LeaderSuspended_LosesLeadershipBeforeNextTerm()
    {
        await using var server = await TestApiServer.StartAsync();
        var (leaderTime, otherTime) = (new ManualTime(), new ManualTime());
        await using var leader = new Competitor(server, "leader", leaderTime, Standard());
        await Eventually.TrueAsync(() => leader.Terms.Count == 1, "the first leads");
        var term = leader.Terms.Single();
        Assert.True(term.IsHeld);

        // The clock advances by 10 s during the suspension, and no timer has fired yet after it.
        leaderTime.AdvanceWithoutTimers(TimeSpan.FromSeconds(10));
        Assert.False(term.Lost.IsCancellationRequested);
        Assert.False(term.IsHeld);
        Assert.Throws<LeadershipLostException>(term.ThrowIfLost);
        using var guarded = new KubeClient(server.Client.Config, new KubeClientOptions { BeforeWrite = term.ThrowIfLost });
        await Assert.ThrowsAsync<LeadershipLostException>(() => guarded.CreateAsync(new ConfigMap { Metadata = new ObjectMeta { Name = "late", Namespace = "default" } }, default));

        await using var other = new Competitor(server, "other", otherTime, Standard());
        await Eventually.TrueAsync(
            () =>
            {
                otherTime.Advance(TimeSpan.FromSeconds(1));
                return other.Terms.Count == 1;
            },
            "the other leads");
        Assert.True(other.Terms.Single().Fence > term.Fence);
    }

    [Fact]
    public async Task RunAsync_LeaseHeldByOther_WaitsFullDurationOnLocalClock()
    {
        await using var server = await TestApiServer.StartAsync();

        // The clock of the holder is wrong: only changes of the Lease count, not its times.
        await server.Client.CreateAsync(
            new Lease
            {
                Metadata = new ObjectMeta { Name = LeaseKey.Name, Namespace = LeaseKey.Namespace },
                Spec = new LeaseSpec { HolderIdentity = "other", LeaseDurationSeconds = 15, LeaseTransitions = 4, RenewTime = DateTimeOffset.UnixEpoch, AcquireTime = DateTimeOffset.UnixEpoch },
            },
            default);
        var time = new ManualTime();
        await using var competitor = new Competitor(server, "me", time, Standard());

        var waited = TimeSpan.Zero;
        await Eventually.TrueAsync(
            () =>
            {
                if (competitor.Terms.IsEmpty && time.TimerCount > 0)
                {
                    time.Advance(TimeSpan.FromMilliseconds(500));
                    waited += TimeSpan.FromMilliseconds(500);
                }

                return !competitor.Terms.IsEmpty;
            },
            "it leads");
        Assert.True(waited >= TimeSpan.FromSeconds(15), $"took over after {waited}");
        Assert.Equal(5, competitor.Terms.Single().Fence);
    }

    [Fact]
    public async Task RunAsync_LeaseExpiresBetweenAttempts_LeadsAtOnce()
    {
        await using var server = await TestApiServer.StartAsync();
        await server.Client.CreateAsync(
            new Lease { Metadata = new ObjectMeta { Name = LeaseKey.Name, Namespace = LeaseKey.Namespace }, Spec = new LeaseSpec { HolderIdentity = "dead", LeaseDurationSeconds = 4 } }, default);
        var time = new ManualTime();
        await using var competitor = new Competitor(server, "me", time, Standard() with { RenewPeriod = TimeSpan.FromSeconds(3), RetryPeriod = TimeSpan.FromSeconds(3) });

        // The second attempt, after 3.0 to 3.6 s, still sees the Lease of the dead process; the third one must not wait as long again.
        var waited = TimeSpan.Zero;
        await Eventually.TrueAsync(
            () =>
            {
                if (competitor.Terms.IsEmpty && time.TimerCount > 0)
                {
                    time.Advance(TimeSpan.FromMilliseconds(100));
                    waited += TimeSpan.FromMilliseconds(100);
                }

                return !competitor.Terms.IsEmpty;
            },
            "it leads");
        Assert.InRange(waited, TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task RunAsync_RenewalFails_TriesAgainBeforeNextPeriod()
    {
        // With one attempt in each period of 30 s, the term of 60 s would end after two failures.
        await using var server = await TestApiServer.StartAsync();
        var failures = 0;
        void Write()
        {
            if (Volatile.Read(ref failures) is > 0 and < 5)
            {
                failures++;
                throw new IOException("The server does not respond.");
            }
        }

        var time = new ManualTime();
        var options = Standard() with { LeaseDuration = TimeSpan.FromSeconds(90), RenewDeadline = TimeSpan.FromSeconds(60), RenewPeriod = TimeSpan.FromSeconds(30), RetryPeriod = TimeSpan.FromSeconds(1) };
        await using var competitor = new Competitor(server, "me", time, options, beforeWrite: Write);
        await Eventually.TrueAsync(() => competitor.Terms.Count == 1, "it leads");
        var before = (await server.Client.GetAsync<Lease>(LeaseKey, default)).Metadata.ResourceVersion;
        Volatile.Write(ref failures, 1);

        await Eventually.TrueAsync(
            async () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(500));
                return (await server.Client.GetAsync<Lease>(LeaseKey, default)).Metadata.ResourceVersion != before || !competitor.Terms.First().IsHeld;
            },
            "the Lease is renewed");
        Assert.Equal(5, failures);
        Assert.True(competitor.Terms.Single().IsHeld);
    }

    /// <summary>As after the end of an API server whose address now leads to another one: nothing comes back on the open connection.</summary>
    [Fact]
    public async Task RunAsync_RenewalHangs_NextAttemptKeepsTerm()
    {
        JsonNode? stored = null;
        var writes = 0;
        ScriptedServer? server = null;
        await using var started = server = await ScriptedServer.StartAsync(async context =>
        {
            if (context.Request.Method == "GET")
            {
                await ScriptedServer.JsonAsync(context, stored ?? new JsonObject { ["kind"] = "Status", ["code"] = 404, ["reason"] = "NotFound" }, stored is null ? 404 : 200);
                return;
            }

            var body = JsonNode.Parse(server!.Requests.Last().Body)!;
            if (Interlocked.Increment(ref writes) == 3)
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }

            body["metadata"]!["resourceVersion"] = $"{writes}";
            stored = body;
            await ScriptedServer.JsonAsync(context, body);
        });
        var options = Standard() with { LeaseDuration = TimeSpan.FromSeconds(12), RenewDeadline = TimeSpan.FromSeconds(9), RenewPeriod = TimeSpan.FromSeconds(1), RetryPeriod = TimeSpan.FromMilliseconds(100) };
        await using var competitor = new Competitor(server.Config, "me", TimeProvider.System, options);

        await Eventually.TrueAsync(() => Volatile.Read(ref writes) >= 5, "it renews again");

        Assert.True(competitor.Terms.Single().IsHeld);
    }

    [Fact]
    public async Task RunAsync_LeaseOverwritten_EndsTermAndStartsAnother()
    {
        await using var server = await TestApiServer.StartAsync();
        await using var competitor = new Competitor(server, "me", TimeProvider.System, Fast());
        await Eventually.TrueAsync(() => competitor.Terms.Count == 1, "it leads");
        while (true)
        {
            try
            {
                var lease = await server.Client.GetAsync<Lease>(LeaseKey, default);
                lease.Spec.HolderIdentity = "thief";
                lease.Spec.LeaseDurationSeconds = 1;
                await server.Client.ReplaceAsync(lease, default);
                break;
            }
            catch (KubeApiException e) when (e.IsConflict)
            {
                // The holder renewed the Lease concurrently.
            }
        }

        await Eventually.TrueAsync(() => competitor.Terms.First().Lost.IsCancellationRequested, "the first term ends");
        await Eventually.TrueAsync(() => competitor.Terms.Count == 2, "a second term");
        Assert.True(competitor.Terms.Last().Fence > competitor.Terms.First().Fence);
    }

    [Fact]
    public async Task RunAsync_NewProcessWithSameIdentity_TakesOver()
    {
        // A StatefulSet recreates a Pod with the same name while the former process is suspended.
        await using var server = await TestApiServer.StartAsync();
        await using var former = new Competitor(server, "same", TimeProvider.System, Fast(), StayAsync);
        await Eventually.TrueAsync(() => former.Terms.Count == 1, "the former leads");
        var first = former.Terms.First();
        await using var next = new Competitor(server, "same", TimeProvider.System, Fast(), StayAsync);

        await Eventually.TrueAsync(() => !next.Terms.IsEmpty, "the next leads");
        await Eventually.TrueAsync(() => first.Lost.IsCancellationRequested, "the former term ends, although the Lease has its identity");
        Assert.True(next.Terms.First().Fence > first.Fence);
    }

    [Fact]
    public async Task RaiseAbove_LeaseRecreated_RaisesFenceWithinTerm()
    {
        await using var server = await TestApiServer.StartAsync();
        await using var competitor = new Competitor(server, "me", TimeProvider.System, Fast());
        await Eventually.TrueAsync(() => competitor.Terms.Count == 1, "it leads");
        var term = competitor.Terms.Single();
        Assert.Equal(1, term.Fence);

        term.RaiseAbove(57);
        term.RaiseAbove(12);

        await Eventually.TrueAsync(() => term.Fence == 58, "the fence is above the observed number");
        Assert.Equal(58, (await server.Client.GetAsync<Lease>(LeaseKey, default)).Spec.LeaseTransitions);
        Assert.True(term.IsHeld);
        Assert.Single(competitor.Terms);
    }

    [Fact]
    public async Task RaiseAbove_RenewalResponseLost_TermContinues()
    {
        await using var server = await TestApiServer.StartAsync();
        Leadership? term = null;
        var writes = 0;
        void Write()
        {
            if (Volatile.Read(ref term) is { } raised && ++writes is 1)
            {
                raised.RaiseAbove(57); // Takes effect with the next write.
            }
            else if (writes == 2)
            {
                StoreAsync(server.Client, 58).GetAwaiter().GetResult();
                throw new IOException("The response is lost.");
            }
        }

        await using var competitor = new Competitor(server, "me", TimeProvider.System, Fast(), beforeWrite: Write);
        await Eventually.TrueAsync(() => competitor.Terms.Count == 1, "it leads");
        var first = competitor.Terms.Single();
        Volatile.Write(ref term, first);

        await Eventually.TrueAsync(() => first.Fence == 58 || !first.IsHeld, "the Lease is read again");
        Assert.True(first.IsHeld);
        Assert.Equal(58, first.Fence);
        Assert.Single(competitor.Terms);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(Leadership.HighestRaise)]
    [InlineData(long.MaxValue)]
    public async Task RaiseAbove_ImplausibleNumber_IsIgnored(long seen)
    {
        await using var server = await TestApiServer.StartAsync();
        await using var competitor = new Competitor(server, "me", TimeProvider.System, Fast());
        await Eventually.TrueAsync(() => competitor.Terms.Count == 1, "it leads");

        competitor.Terms.Single().RaiseAbove(seen);
        await RenewedAsync(server.Client);
        await RenewedAsync(server.Client);

        Assert.Equal(1, competitor.Terms.Single().Fence);
    }

    [Fact]
    public async Task RunAsync_LeaseDeleted_NextTermHasHigherFence()
    {
        await using var server = await TestApiServer.StartAsync();
        await server.Client.CreateAsync(new Lease { Metadata = new ObjectMeta { Name = LeaseKey.Name, Namespace = LeaseKey.Namespace }, Spec = new LeaseSpec { LeaseTransitions = 41 } }, default);
        await using var competitor = new Competitor(server, "me", TimeProvider.System, Fast());
        await Eventually.TrueAsync(() => competitor.Terms.Count == 1, "it leads");

        await server.Client.DeleteAsync<Lease>(LeaseKey, default);

        await Eventually.TrueAsync(() => competitor.Terms.Count == 2, "it leads again");
        Assert.Equal([42, 43], competitor.Terms.Select(term => term.Fence));
    }

    [Fact]
    public async Task RunAsync_FiveCompetitorsStoppedAtRandom_NeverOverlap()
    {
        await using var server = await TestApiServer.StartAsync();
        var leading = 0;
        var overlaps = 0;
        var fences = new ConcurrentQueue<int>();
        var random = new Random(11);
        async Task LeadAsync(Leadership term)
        {
            if (Interlocked.Increment(ref leading) != 1)
            {
                Interlocked.Increment(ref overlaps);
            }

            fences.Enqueue(term.Fence);
            await Task.Delay(Timeout.Infinite, term.Lost).ContinueWith(_ => { }, TaskScheduler.Default);
            Interlocked.Decrement(ref leading);
        }

        var competitors = Enumerable.Range(0, 5).Select(i => new Competitor(server, $"c{i}", TimeProvider.System, Fast(), LeadAsync)).ToList();
        for (var round = 1; round <= 6; round++)
        {
            await Eventually.TrueAsync(() => fences.Count >= round && leading == 1, $"leader {round}");
            var leader = competitors.Find(c => c.IsLeading)!;
            await leader.DisposeAsync();
            competitors[competitors.IndexOf(leader)] = new Competitor(server, $"r{round}", TimeProvider.System, Fast(), LeadAsync);
        }

        foreach (var competitor in competitors)
        {
            await competitor.DisposeAsync();
        }

        Assert.Equal(0, overlaps);
        Assert.Equal(fences.Order(), fences);
        Assert.Equal(fences.Count, fences.Distinct().Count());
    }

    [Fact]
    public async Task RunAsync_LeadThrows_ReleasesLeaseAndRethrows()
    {
        await using var server = await TestApiServer.StartAsync();
        using var client = new KubeClient(server.Client.Config);
        var election = new LeaderElection(client, Fast() with { Identity = "me" });

        await Assert.ThrowsAsync<InvalidOperationException>(() => election.RunAsync(_ => throw new InvalidOperationException("mine"), default));
        Assert.Equal(string.Empty, (await server.Client.GetAsync<Lease>(LeaseKey, default)).Spec.HolderIdentity ?? string.Empty);
    }

    [Theory]
    [InlineData(10, 10, 2, 2)]
    [InlineData(15, 2, 2, 2)]
    [InlineData(15, 10, 2, 3)]
    [InlineData(15, 10, 2, 0)]
    public void Constructor_OverlappingTimes_Throws(int lease, int deadline, int renew, int retry) =>
        Assert.Throws<ArgumentException>(() => new LeaderElection(null!, Standard() with
        {
            Identity = "me",
            LeaseDuration = TimeSpan.FromSeconds(lease),
            RenewDeadline = TimeSpan.FromSeconds(deadline),
            RenewPeriod = TimeSpan.FromSeconds(renew),
            RetryPeriod = TimeSpan.FromSeconds(retry),
        }));

    private static Task StayAsync(Leadership term) => Task.Delay(Timeout.Infinite, term.Lost);

    private static async Task StoreAsync(KubeClient client, int number)
    {
        var lease = await client.GetAsync<Lease>(LeaseKey, default).ConfigureAwait(false);
        lease.Spec.LeaseTransitions = number;
        await client.ReplaceAsync(lease, default).ConfigureAwait(false);
    }

    private static async Task RenewedAsync(KubeClient client)
    {
        var before = (await client.GetAsync<Lease>(LeaseKey, default)).Metadata.ResourceVersion;
        await Eventually.TrueAsync(async () => (await client.GetAsync<Lease>(LeaseKey, default)).Metadata.ResourceVersion != before, "the lease is renewed");
    }

    private static LeaderElectionOptions Standard() => new() { Namespace = LeaseKey.Namespace!, Name = LeaseKey.Name, Identity = string.Empty };

    /// <summary>Short retry period; the long lease times prevent a slow machine from losing a term.</summary>
    private static LeaderElectionOptions Fast() => Standard() with
    {
        LeaseDuration = TimeSpan.FromSeconds(90),
        RenewDeadline = TimeSpan.FromSeconds(60),
        RenewPeriod = TimeSpan.FromMilliseconds(20),
        RetryPeriod = TimeSpan.FromMilliseconds(20),
    };

    private sealed class Competitor : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly KubeClient _client;
        private readonly Task _run;

        public Competitor(TestApiServer server, string identity, TimeProvider time, LeaderElectionOptions options, Func<Leadership, Task>? lead = null, Action? beforeWrite = null)
            : this(server.Client.Config, identity, time, options, lead, beforeWrite)
        {
        }

        public Competitor(KubeConfig server, string identity, TimeProvider time, LeaderElectionOptions options, Func<Leadership, Task>? lead = null, Action? beforeWrite = null)
        {
            _client = new KubeClient(server, new KubeClientOptions { BeforeWrite = beforeWrite });
            var election = new LeaderElection(_client, options with { Identity = identity }, time, new Random(3));
            _run = election.RunAsync(
                async term =>
                {
                    Terms.Enqueue(term);
                    await (lead?.Invoke(term) ?? Task.Delay(Timeout.Infinite, term.Lost));
                },
                _stop.Token);
        }

        public ConcurrentQueue<Leadership> Terms { get; } = new();

        public bool IsLeading => Terms.LastOrDefault()?.IsHeld == true;

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _run.WaitAsync(Eventually.Limit);
            _client.Dispose();
        }
    }
}
