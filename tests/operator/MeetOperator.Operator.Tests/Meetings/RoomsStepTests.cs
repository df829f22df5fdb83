using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Kinds.Meetings.Steps;
using MeetOperator.Operator.Tests.Harness;
using MeetOperator.Testing;

namespace MeetOperator.Operator.Tests.Meetings;

/// <summary>A new leader does not know the limits of rooms that exist, so that it changes each of them once.</summary>
public sealed class RoomsStepTests
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task Run_SeveralNodesHang_CallsThemAtTheSameTime()
    {
        await using var stage = await StartAsync();
        stage.Nodes[1].HangsOnRooms = stage.Nodes[2].HangsOnRooms = true;
        var context = Context(stage);

        var running = RunAsync(stage, context);

        await Eventually.TrueAsync(() => stage.Nodes[1].HoldingRoomCalls == 1 && stage.Nodes[2].HoldingRoomCalls == 1 && HasRoom(stage, stage.Nodes[0]), "only the hung nodes have not answered");
        stage.Time.Advance(CallTimeout);
        await running;
        Assert.Equal([stage.Nodes[1].Name, stage.Nodes[2].Name], context.SilentNodes.Select(node => node.Name).Order());
    }

    /// <summary>The polls show it already, so that the reconcile does not wait.</summary>
    [Fact]
    public async Task Run_NodeDoesNotAnswerPolls_IsNotCalled()
    {
        await using var stage = await StartAsync();
        var silent = stage.Nodes[2];
        Miss(stage, silent);
        var context = Context(stage);

        await RunAsync(stage, context);

        Assert.Equal((1, 1, 0), (stage.Nodes[0].RoomPuts, stage.Nodes[1].RoomPuts, silent.RoomPuts));
        Assert.Equal([LinkStage.Key(silent)], context.SilentNodes);

        await stage.RoundAsync();
        await RunAsync(stage, Context(stage));
        Assert.Equal(1, silent.RoomPuts);
    }

    [Fact]
    public async Task Run_NodeThatAnswersPollsDoesNotRespond_IsCalledLessAndLessOften()
    {
        await using var stage = await StartAsync();
        var hung = stage.Nodes[1];
        hung.HangsOnRooms = true;

        await RunForAsync(stage, hung, TimeSpan.FromSeconds(60));

        Assert.InRange(hung.RoomPuts, 5, 12);

        hung.HangsOnRooms = false;
        await RunForAsync(stage, hung, TimeSpan.FromSeconds(10));
        Assert.NotNull(stage.Fleet.Current(stage.Meeting)!.On(LinkStage.Key(hung))!.RoomCapacity);
    }

    [Fact]
    public async Task Run_HungNodeRestarted_IsCalledAtOnce()
    {
        await using var stage = await StartAsync();
        var hung = stage.Nodes[1];
        hung.HangsOnRooms = true;
        await RunForAsync(stage, hung, TimeSpan.FromSeconds(30));

        hung.HangsOnRooms = false;
        hung.InstanceId = "restarted";
        await stage.RoundAsync();
        await RunAsync(stage, Context(stage));

        Assert.NotNull(stage.Fleet.Current(stage.Meeting)!.On(LinkStage.Key(hung))!.RoomCapacity);
    }

    /// <summary>A call for each of these steps would delay the next decision about the meeting by two more seconds.</summary>
    [Fact]
    public async Task Run_NodeDidNotRespond_LinksStepDoesNotCallIt()
    {
        await using var stage = await StartAsync();
        stage.Nodes[2].HangsOnRooms = true;
        var context = Context(stage);
        var running = RunAsync(stage, context);
        await Eventually.TrueAsync(() => stage.Nodes[2].HoldingRoomCalls == 1 && HasRoom(stage, stage.Nodes[0]) && HasRoom(stage, stage.Nodes[1]), "only the hung node has not answered");
        stage.Time.Advance(CallTimeout);
        await running;
        stage.Nodes[2].HangsOnRooms = false;

        await new LinksStep(stage.Fleet, stage.Keeper).RunAsync(context, default);

        Assert.Equal((2, 2, 0), (stage.Nodes[0].LinkPuts, stage.Nodes[1].LinkPuts, stage.Nodes[2].LinkPuts));
    }

    /// <summary>Nothing else would report the spec as observed, nor reconcile the meeting again.</summary>
    [Fact]
    public async Task Run_OtherNodesLostSinceTheDecision_SpecIsObserved()
    {
        await using var stage = await StartAsync();
        var context = Context(stage, generation: 2);
        context.HoldObservedGeneration();
        Assert.Equal(1L, context.Status.ObservedGeneration);
        stage.Assign(stage.Meeting, generation: 2, [stage.Nodes[0]]);

        await RunAsync(stage, context);

        Assert.Equal(2L, context.Status.ObservedGeneration);
    }

    private static async Task<LinkStage> StartAsync()
    {
        var stage = await LinkStage.StartAsync(nodes: 3);
        await stage.PollAllAsync();
        return stage;
    }

    private static bool HasRoom(LinkStage stage, SimulatedMediaNode node) => stage.Fleet.Current(stage.Meeting)!.On(LinkStage.Key(node))!.RoomCapacity is not null;

    private static void Miss(LinkStage stage, SimulatedMediaNode node)
    {
        for (var missed = 0; missed < 3; missed++)
        {
            stage.Fleet.RecordMissedPoll(PolledFleet.Target(node), "no answer");
        }
    }

    /// <summary>Runs the step once a second. Each call of the hung node ends after its timeout.</summary>
    private static async Task RunForAsync(LinkStage stage, SimulatedMediaNode hung, TimeSpan time)
    {
        for (var end = stage.Time.GetUtcNow() + time; stage.Time.GetUtcNow() < end; stage.Time.Advance(TimeSpan.FromSeconds(1)))
        {
            var running = RunAsync(stage, Context(stage));
            await Eventually.TrueAsync(() => running.IsCompleted || hung.HoldingRoomCalls == 1, "the step has ended or waits for the node");
            if (!running.IsCompleted)
            {
                stage.Time.Advance(CallTimeout);
            }

            await running;
            await Eventually.TrueAsync(() => hung.HoldingRoomCalls == 0, "the call has ended");
        }
    }

    private static Task RunAsync(LinkStage stage, MeetingContext context) => new RoomsStep(stage.Fleet, stage.Rooms, null!).RunAsync(context, default).AsTask();

    private static MeetingContext Context(LinkStage stage, long generation = 1)
    {
        var meeting = new Meeting { Metadata = new ObjectMeta { Name = stage.Meeting.Id, Namespace = "meet-a", Uid = stage.Meeting.Uid, Generation = generation }, Status = new MeetingStatus { ObservedGeneration = 1 } };
        return new MeetingContext(meeting, tenant: null, namespaceOwner: "a", "https://meet.example", stage.Time.GetUtcNow());
    }
}
