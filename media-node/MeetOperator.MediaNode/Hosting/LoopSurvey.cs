using MeetOperator.MediaNode.Loops;
using MeetOperator.NodeControl;

namespace MeetOperator.MediaNode.Hosting;

/// <summary>What one loop says of itself and of its rooms.</summary>
/// <param name="Statistics">The loop's counters.</param>
/// <param name="Rooms">Its rooms.</param>
/// <param name="ForwardedPackets">RTP packets forwarded since start.</param>
internal sealed record LoopSurvey(LoopStatistics Statistics, IReadOnlyList<RoomReport> Rooms, long ForwardedPackets);
