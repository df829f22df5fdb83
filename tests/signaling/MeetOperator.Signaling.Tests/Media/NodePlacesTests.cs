using MeetOperator.Contracts.Meetings;
using MeetOperator.Signaling.Kubernetes;
using MeetOperator.Signaling.Media;

namespace MeetOperator.Signaling.Tests.Media;

public sealed class NodePlacesTests
{
    private readonly NodePlaces _places = new();
    private readonly MediaAssignment _assignment =
        new("meet-a", "n1", new Uri("https://127.0.0.1:7443/"), 1, AssignmentRole.Origin, AssignmentState.Ready) { Participants = 10, FreePlaces = 5 };

    [Theory]
    [InlineData(0, 10, 5)]
    [InlineData(10, 10, 5)]
    [InlineData(12, 12, 3)]
    [InlineData(40, 40, 0)]
    public void Adjust_MembersOfThisReplica_CountBeforeTheOperatorReportsThem(int members, int participants, int free)
    {
        var adjusted = Adjust(_assignment, members, TimeSpan.Zero);

        Assert.Equal((participants, free), (adjusted.Participants, adjusted.FreePlaces));
    }

    [Fact]
    public void Adjust_PlacesUnknown_StayUnknown() => Assert.Null(Adjust(_assignment with { FreePlaces = null }, 40, TimeSpan.Zero).FreePlaces);

    [Theory]
    [InlineData(5)]
    [InlineData(null)]
    public void Adjust_NodeSaidFull_HasNoPlaceForSomeTime(int? free)
    {
        _places.MarkFull(_assignment.Key, TimeSpan.FromSeconds(7));

        Assert.False(Adjust(_assignment with { FreePlaces = free }, 0, TimeSpan.FromSeconds(7) + NodePlaces.FullFor - TimeSpan.FromTicks(1)).HasPlace);
        Assert.Equal(free, Adjust(_assignment with { FreePlaces = free }, 0, TimeSpan.FromSeconds(7) + NodePlaces.FullFor).FreePlaces);
    }

    private MediaAssignment Adjust(MediaAssignment assignment, int members, TimeSpan now) =>
        Assert.Single(_places.Adjust([assignment], new Dictionary<RoomKey, int> { [assignment.Key] = members }, now));
}
