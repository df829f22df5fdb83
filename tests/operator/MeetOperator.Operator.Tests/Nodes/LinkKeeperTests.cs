using MeetOperator.NodeControl;
using MeetOperator.NodeControl.Links;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Calls;
using MeetOperator.Operator.Fleet;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Quotas;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Nodes;

/// <summary>The leader opens links, renews their secrets and closes them, over lost calls, restarts and changes of the leader.</summary>
public sealed class LinkKeeperTests
{
    private static readonly TimeSpan FewSeconds = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Advance_TwoNodes_LinksThemWithOneCallEach()
    {
        await using var stage = await LinkStage.StartAsync();
        var (first, second) = (stage.Nodes[0], stage.Nodes[1]);

        await stage.RoundAsync();

        var (opener, acceptor) = (stage.SpecOn(first), stage.SpecOn(second));
        Assert.Equal((LinkEndRole.Opener, "meet-a/n1", "meet-a/n2"), (opener.Role, opener.Node, opener.Peer));
        Assert.Equal((LinkEndRole.Acceptor, "meet-a/n2", "meet-a/n1"), (acceptor.Role, acceptor.Node, acceptor.Peer));
        Assert.Equal((opener.Tag, opener.PeerTag), (acceptor.PeerTag, acceptor.Tag));
        Assert.Equal([second.MediaAddress], opener.Addresses);
        Assert.Equal([first.MediaAddress], acceptor.Addresses);
        Assert.Equal(opener.Keys, acceptor.Keys);

        await stage.RunAsync(TimeSpan.FromMinutes(2));

        Assert.True(stage.AreLinked);
        Assert.Equal((1, 1), (first.LinkPuts, second.LinkPuts));
        Assert.Equal(TimeSpan.FromSeconds(30), stage.Next);
    }

    [Fact]
    public async Task Advance_ThreeNodes_LinksEachPair()
    {
        await using var stage = await LinkStage.StartAsync(nodes: 3);

        await stage.RunAsync(FewSeconds);

        Assert.True(stage.AreLinked);
        Assert.All(stage.Nodes, node => Assert.Equal(2, node.Links(stage.Meeting.Id).Count));
        Assert.Equal(6, stage.Puts);
        Assert.Equal(3, Secrets(stage.Nodes[0], stage).Union(Secrets(stage.Nodes[1], stage)).Count());
    }

    [Fact]
    public async Task Advance_OneNode_MakesNoCallAndAsksForNone()
    {
        await using var stage = await LinkStage.StartAsync(nodes: 1);

        await stage.RunAsync(FewSeconds);

        Assert.Null(stage.Next);
        Assert.Equal(0, stage.Puts);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(1, false)]
    public async Task Advance_CallsLost_AreRepeatedUntilTheLinkIsUp(int end, bool beforeTheyTakeEffect)
    {
        await using var stage = await LinkStage.StartAsync();
        Lose(stage.Nodes[end], beforeTheyTakeEffect, count: 3);

        await stage.RunAsync(TimeSpan.FromSeconds(10));

        Assert.True(stage.AreLinked);
        Assert.Equal(4, stage.Nodes[end].LinkPuts);
        Assert.Equal(1, stage.Nodes[1 - end].LinkPuts);
        Assert.Null(stage.Keeper.FindProblem(stage.Meeting, LinkStage.Key(stage.Nodes[end])));
    }

    [Fact]
    public async Task Advance_NodeRejectsAllCalls_AsksLessAndLessOften()
    {
        await using var stage = await LinkStage.StartAsync();
        Lose(stage.Nodes[1], beforeTheyTakeEffect: true, count: int.MaxValue);

        await stage.RunAsync(TimeSpan.FromMinutes(5));

        Assert.False(stage.AreLinked);
        Assert.InRange(stage.Nodes[1].LinkPuts, 8, 16);
        Assert.Equal("does not respond", stage.Keeper.FindProblem(stage.Meeting, LinkStage.Key(stage.Nodes[1])));
    }

    [Fact]
    public async Task Advance_FailingNodeRestarted_IsAskedAtOnce()
    {
        await using var stage = await LinkStage.StartAsync();
        Lose(stage.Nodes[1], beforeTheyTakeEffect: true, count: int.MaxValue);
        await stage.RunAsync(TimeSpan.FromMinutes(2));

        Lose(stage.Nodes[1], beforeTheyTakeEffect: true, count: 0);
        Restart(stage.Nodes[1], stage);
        await stage.RunAsync(TimeSpan.FromSeconds(3));

        Assert.True(stage.AreLinked);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Advance_NodeRestarted_OpensTheLinkWithAFreshSecret(int restarted)
    {
        await using var stage = await LinkStage.StartAsync();
        await stage.RunAsync(FewSeconds);
        var before = stage.SpecOn(stage.Nodes[0]);

        Restart(stage.Nodes[restarted], stage);
        await stage.RunAsync(FewSeconds);

        Assert.True(stage.AreLinked);
        Assert.Empty(before.Keys.Select(key => key.Secret).Intersect(Secrets(stage.Nodes[0], stage)));
        Assert.Equal(4, stage.Puts);
    }

    [Fact]
    public async Task Advance_NodeForgotOnlyTheLink_GetsItAgain()
    {
        await using var stage = await LinkStage.StartAsync();
        await stage.RunAsync(FewSeconds);

        stage.Nodes[1].ForgetLinks(stage.Meeting.Id);
        await stage.RunAsync(FewSeconds);

        Assert.True(stage.AreLinked);
        Assert.Equal((1, 2), (stage.Nodes[0].LinkPuts, stage.Nodes[1].LinkPuts));
    }

    [Fact]
    public async Task Advance_AfterAnHour_RenewsWithoutInterruption()
    {
        await using var stage = await LinkStage.StartAsync();
        await stage.RunAsync(FewSeconds);
        var before = stage.SpecOn(stage.Nodes[0]);
        stage.Time.Advance(LinkPlan.RenewalInterval - TimeSpan.FromSeconds(10));

        await stage.RunAsync(TimeSpan.FromSeconds(20), () => Assert.True(stage.AreLinked));

        var after = stage.SpecOn(stage.Nodes[0]);
        Assert.Equal((before.Tag, before.PeerTag), (after.Tag, after.PeerTag));
        Assert.Equal((1, 2), (before.Keys.Single().Epoch, after.Keys.Single().Epoch));
        Assert.NotEqual(before.Keys.Single().Secret, after.Keys.Single().Secret);
        Assert.Equal((3, 3), (stage.Nodes[0].LinkPuts, stage.Nodes[1].LinkPuts));
    }

    /// <summary>The former secret must stay at both ends until both use the new one.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Advance_RenewalLostAtOneEnd_KeepsTheLinkUp(int end)
    {
        await using var stage = await LinkStage.StartAsync();
        await stage.RunAsync(FewSeconds);
        stage.Time.Advance(LinkPlan.RenewalInterval);
        Lose(stage.Nodes[end], beforeTheyTakeEffect: true, count: 4);

        await stage.RunAsync(TimeSpan.FromSeconds(20), () => Assert.True(stage.AreLinked));

        Assert.All(stage.Nodes, node => Assert.Equal(2, stage.SpecOn(node).Keys.Single().Epoch));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Advance_NewLeader_RenewsWithoutInterruption(int? lostAt)
    {
        await using var stage = await LinkStage.StartAsync();
        await stage.RunAsync(FewSeconds);
        var before = stage.SpecOn(stage.Nodes[0]);
        if (lostAt is { } end)
        {
            // The former leader has renewed at one end only.
            stage.Time.Advance(LinkPlan.RenewalInterval);
            Lose(stage.Nodes[end], beforeTheyTakeEffect: true, count: 1);
            await stage.RoundAsync();
            Assert.Equal([1, 2], stage.Nodes.Select(node => stage.SpecOn(node).Keys.Count).Order());
        }

        stage.ChangeLeader();
        await stage.RunAsync(TimeSpan.FromSeconds(40), () => Assert.True(stage.AreLinked));

        var after = stage.SpecOn(stage.Nodes[0]);
        Assert.Equal((before.Tag, before.PeerTag), (after.Tag, after.PeerTag));
        Assert.Equal(3, after.Keys.Single().Epoch);
        Assert.Equal(after.Keys, stage.SpecOn(stage.Nodes[1]).Keys);
    }

    /// <summary>The link is interrupted by the restart alone; both orders end with a fresh secret.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Advance_NewLeaderAndRestart_OpensTheLinkAgain(bool restartFirst)
    {
        await using var stage = await LinkStage.StartAsync();
        await stage.RunAsync(FewSeconds);
        var before = Secrets(stage.Nodes[0], stage);

        foreach (var step in restartFirst ? (Action[])[Restart, stage.ChangeLeader] : [stage.ChangeLeader, Restart])
        {
            step();
            await stage.RoundAsync();
        }

        await stage.RunAsync(TimeSpan.FromSeconds(40));

        Assert.True(stage.AreLinked);
        Assert.Empty(before.Intersect(Secrets(stage.Nodes[0], stage)));

        void Restart() => LinkKeeperTests.Restart(stage.Nodes[1], stage);
    }

    [Fact]
    public async Task Advance_FormerLeader_ChangesNothing()
    {
        await using var stage = await LinkStage.StartAsync();
        await stage.RunAsync(FewSeconds);
        var before = stage.SpecOn(stage.Nodes[0]);
        stage.Nodes.ToList().ForEach(node => node.Term = 7);
        stage.Time.Advance(LinkPlan.RenewalInterval);

        await stage.RoundAsync();

        Assert.All(stage.Nodes, node => Assert.Equal(1, node.StaleCalls));
        Assert.Equal(before, stage.SpecOn(stage.Nodes[0]));
    }

    /// <summary>Media nodes mend a broken link themselves.</summary>
    [Fact]
    public async Task Advance_LinkBroken_MakesNoCall()
    {
        await using var stage = await LinkStage.StartAsync();
        await stage.RunAsync(FewSeconds);

        stage.Nodes[0].CutLinks(stage.Meeting.Id);
        await stage.RunAsync(TimeSpan.FromMinutes(1));
        Assert.False(stage.AreLinked);
        stage.Nodes[0].CutLinks(stage.Meeting.Id, cut: false);
        await stage.RoundAsync();

        Assert.True(stage.AreLinked);
        Assert.Equal(2, stage.Puts);
    }

    [Fact]
    public async Task Advance_NodeOfAnEarlierVersion_IsNamedAndNotCalled()
    {
        await using var stage = await LinkStage.StartAsync();
        var earlier = stage.Nodes[1];
        earlier.AnnouncesLinks = false;

        await stage.RunAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(0, stage.Puts);
        Assert.Equal("does not support links between media nodes: it runs an earlier version", stage.Keeper.FindProblem(stage.Meeting, LinkStage.Key(earlier)));
        Assert.Null(stage.Keeper.FindProblem(stage.Meeting, LinkStage.Key(stage.Nodes[0])));
        Assert.Single(stage.Log.ToString().Split('\n'), line => line.Contains("Media node meet-a/n2 does not support links", StringComparison.Ordinal));
        Assert.Equal(TimeSpan.FromSeconds(30), stage.Next);

        earlier.AnnouncesLinks = true;
        Restart(earlier, stage);
        await stage.RunAsync(FewSeconds);

        Assert.True(stage.AreLinked);
        Assert.Null(stage.Keeper.FindProblem(stage.Meeting, LinkStage.Key(earlier)));
    }

    /// <summary>A node was replaced by one of an earlier version.</summary>
    [Fact]
    public async Task Advance_NodeNoLongerKnowsLinks_ClosesTheOtherEnd()
    {
        await using var stage = await LinkStage.StartAsync();
        await stage.RunAsync(FewSeconds);

        stage.Nodes[1].AnnouncesLinks = false;
        Restart(stage.Nodes[1], stage);
        await stage.RunAsync(FewSeconds);

        Assert.Empty(stage.Nodes[0].AllLinks);
        Assert.Equal(2, stage.Puts);
        Assert.Equal(1, stage.Nodes[0].LinkDeletes);
    }

    [Fact]
    public async Task Advance_NodeAnswers404_IsAskedLessAndLessOften()
    {
        await using var stage = await LinkStage.StartAsync();
        stage.Nodes[1].KnowsLinks = false;

        await stage.RunAsync(TimeSpan.FromMinutes(5));

        Assert.InRange(stage.Nodes[1].LinkPuts, 8, 16);
        Assert.Equal(1, stage.Nodes[0].LinkPuts);
        Assert.Equal("rejects the link with status 404", stage.Keeper.FindProblem(stage.Meeting, LinkStage.Key(stage.Nodes[1])));
    }

    /// <summary>One node has IPv6 only.</summary>
    [Fact]
    public async Task Advance_NoCommonFamily_IsNamedAndNotCalled()
    {
        await using var stage = await LinkStage.StartAsync();
        stage.Nodes[1].MediaAddresses = ["fd00::7"];

        await stage.RunAsync(FewSeconds);

        Assert.Equal(0, stage.Puts);
        Assert.Equal("has no address of a family of media node meet-a/n2", stage.Keeper.FindProblem(stage.Meeting, LinkStage.Key(stage.Nodes[0])));
    }

    [Fact]
    public async Task Advance_TwoMeetings_ShareNoSecretAndNoTag()
    {
        await using var stage = await LinkStage.StartAsync(nodes: 3, meetings: 5);

        await stage.RunAsync(FewSeconds);

        var specs = stage.Nodes.SelectMany(node => node.AllLinks).ToArray();
        Assert.Equal(30, specs.Length);
        Assert.Equal(15, specs.SelectMany(spec => spec.Keys).Select(key => key.Secret).Distinct().Count());
        Assert.Equal(30, specs.Select(spec => spec.Tag).Distinct().Count());
    }

    [Fact]
    public async Task Advance_TagOfAnotherLink_TakesAnother()
    {
        var count = 0;
        byte[] Numbers(int bytes) => bytes == sizeof(uint) ? [0, 0, 0, (byte)(count++ is 2 or 3 ? count - 2 : count)] : System.Security.Cryptography.RandomNumberGenerator.GetBytes(bytes);
        await using var stage = await LinkStage.StartAsync(meetings: 2, random: Numbers);

        await stage.RunAsync(FewSeconds);

        var tags = stage.Nodes.Select(node => node.AllLinks.Select(spec => spec.Tag).Order().ToArray()).ToArray();
        Assert.All(tags, node => Assert.Equal(2, node.Distinct().Count()));
        Assert.Contains(stage.Log.ToString().Split('\n'), line => line.Contains("rejects the link with status 400", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Advance_NodeLeftTheMeeting_ClosesItsLinks()
    {
        await using var stage = await LinkStage.StartAsync(nodes: 3);
        await stage.RunAsync(FewSeconds);

        stage.Assign(stage.Meeting, generation: 2, [stage.Nodes[0], stage.Nodes[1]]);
        stage.Nodes.ToList().ForEach(node => node.AddRoom(stage.Meeting.Id, generation: 2));
        await stage.RunAsync(FewSeconds);

        Assert.True(stage.AreLinked);
        Assert.Equal([1, 1, 0], stage.Nodes.Select(node => node.Links(stage.Meeting.Id).Count));
        Assert.Equal([1, 1, 2], stage.Nodes.Select(node => node.LinkDeletes));
    }

    /// <summary>The new leader never knew the link, and the nodes still have it.</summary>
    [Fact]
    public async Task Advance_OneNodeLeftAndNewLeader_ClosesTheLink()
    {
        await using var stage = await LinkStage.StartAsync();
        await stage.RunAsync(FewSeconds);

        stage.ChangeLeader();
        stage.Assign(stage.Meeting, generation: 2, [stage.Nodes[0]]);
        await stage.RunAsync(FewSeconds);

        Assert.Empty(stage.Nodes[0].Links(stage.Meeting.Id));
        Assert.Equal(1, stage.Nodes[0].LinkDeletes);
        Assert.Null(stage.Next);
    }

    /// <summary>The links of an ended meeting end with its rooms.</summary>
    [Fact]
    public async Task Release_EndedMeeting_ForgetsItsLinks()
    {
        await using var stage = await LinkStage.StartAsync();
        await stage.RunAsync(FewSeconds);
        stage.Nodes[1].ForgetLinks(stage.Meeting.Id);
        Lose(stage.Nodes[1], beforeTheyTakeEffect: true, count: 1);
        await stage.RoundAsync();
        Assert.NotNull(stage.Keeper.FindProblem(stage.Meeting, LinkStage.Key(stage.Nodes[1])));

        Assert.Equal(RoomEndResult.Done, await stage.Rooms.EndAsync(stage.Meeting, onlyIfEmpty: false, default));
        var releases = new MeetingReleases(stage.Fleet, new QuotaLedger(), stage.Keeper, new MeetingAges(stage.Time), new PendingMeetings(), new PendingWakeups(new PendingMeetings(), stage.Time));
        releases.Track(stage.Meeting, "a");
        releases.Forget(stage.Meeting.Name);

        Assert.All(stage.Nodes, node => Assert.Empty(node.AllLinks));
        Assert.Null(stage.Keeper.FindProblem(stage.Meeting, LinkStage.Key(stage.Nodes[1])));
    }

    /// <summary>A Meeting that is created again under the same name is a different meeting.</summary>
    [Fact]
    public async Task Track_MeetingWasCreatedAgain_ForgetsTimesOfFormerOne()
    {
        await using var stage = await LinkStage.StartAsync();
        var ages = new MeetingAges(stage.Time);
        var releases = new MeetingReleases(stage.Fleet, new QuotaLedger(), stage.Keeper, ages, new PendingMeetings(), new PendingWakeups(new PendingMeetings(), stage.Time));
        releases.Track(stage.Meeting, "a");
        ages.ObserveEmpty(stage.Meeting, isEmpty: true, stored: null, stage.Time.GetUtcNow());

        releases.Track(stage.Meeting with { Uid = "uid-again" }, "a");

        Assert.Null(ages.FindUnwrittenEmpty(stage.Meeting));
    }

    [Fact]
    public async Task Advance_Secrets_AreInNoLogAndNoReport()
    {
        await using var stage = await LinkStage.StartAsync();
        await stage.RunAsync(FewSeconds);
        stage.Time.Advance(LinkPlan.RenewalInterval);
        Lose(stage.Nodes[0], beforeTheyTakeEffect: false, count: 1);
        await stage.RoundAsync();

        var secrets = Secrets(stage.Nodes[1], stage);
        var texts = $"{stage.Log} {string.Join(' ', stage.Nodes.Select(node => System.Text.Json.JsonSerializer.Serialize(node.Rooms(), NodeControlJson.Options)))}";

        Assert.Equal(2, secrets.Length);
        Assert.Contains("gets the secret of epoch 2", texts, StringComparison.Ordinal);
        Assert.Contains("\"epoch\":2", texts, StringComparison.Ordinal);
        Assert.DoesNotContain(stage.Meeting.Id, stage.Log.ToString(), StringComparison.Ordinal);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, texts, StringComparison.Ordinal));
    }

    private static string[] Secrets(SimulatedMediaNode node, LinkStage stage) => [.. node.Links(stage.Meeting.Id).Values.SelectMany(spec => spec.Keys).Select(key => key.Secret!)];

    private static void Lose(SimulatedMediaNode node, bool beforeTheyTakeEffect, int count) =>
        (node.LostLinkRequests, node.LostLinkResponses) = beforeTheyTakeEffect ? (count, 0) : (0, count);

    /// <summary>A new process that has the room already, as if the leader had created it at once.</summary>
    private static void Restart(SimulatedMediaNode node, LinkStage stage)
    {
        node.Forget();
        node.AddRoom(stage.Meeting.Id, generation: 1);
    }
}
