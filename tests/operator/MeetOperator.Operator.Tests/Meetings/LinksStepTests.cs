using MeetOperator.Contracts.Meetings;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.Meetings;
using MeetOperator.Operator.Kinds.Meetings.Steps;
using MeetOperator.Operator.Tests.Harness;

namespace MeetOperator.Operator.Tests.Meetings;

public sealed class LinksStepTests
{
    [Fact]
    public async Task Run_OneNode_ChangesNothing()
    {
        await using var stage = await LinkStage.StartAsync(nodes: 1);
        var context = Context(stage);
        var status = context.Status;

        var result = await new LinksStep(stage.Fleet, stage.Keeper).RunAsync(context, default);

        Assert.Equal(StepResult.Continue, result);
        Assert.Null(context.RequeueAfter);
        Assert.Same(status, context.Status);
        Assert.Equal(0, stage.Puts);
    }

    /// <summary>The step never changes the status, so it causes no write.</summary>
    [Fact]
    public async Task Run_TwoNodes_LooksAgainSoonUntilTheyAreLinked()
    {
        await using var stage = await LinkStage.StartAsync();
        var opening = Context(stage);
        var status = opening.Status;
        Assert.Equal(StepResult.Continue, await new LinksStep(stage.Fleet, stage.Keeper).RunAsync(opening, default));
        Assert.InRange(opening.RequeueAfter!.Value, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(1));
        Assert.Same(status, opening.Status);

        await stage.RunAsync(TimeSpan.FromSeconds(3));

        var linked = Context(stage);
        await new LinksStep(stage.Fleet, stage.Keeper).RunAsync(linked, default);
        Assert.True(stage.AreLinked);
        Assert.InRange(linked.RequeueAfter!.Value, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30));
    }

    private static MeetingContext Context(LinkStage stage)
    {
        var meeting = new Meeting { Metadata = new ObjectMeta { Name = stage.Meeting.Id, Namespace = "meet-a", Uid = stage.Meeting.Uid } };
        return new MeetingContext(meeting, tenant: null, namespaceOwner: "a", "https://meet.example", stage.Time.GetUtcNow());
    }
}
