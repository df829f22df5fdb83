using MeetOperator.MediaNode.Statistics;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>The figures of one loop and its rooms. Immutable.</summary>
/// <param name="Statistics">The loop's counters.</param>
/// <param name="Rooms">Reports of the loop's rooms.</param>
/// <param name="ForwardedPackets">RTP packets forwarded since the process started.</param>
internal sealed record LoopFigures(LoopStatistics Statistics, IReadOnlyList<RoomReport> Rooms, long ForwardedPackets);
