using MeetOperator.Signaling.Metrics;
using MeetOperator.Signaling.Settings;

namespace MeetOperator.Signaling.Media;

/// <summary>What the media side of every meeting session needs.</summary>
internal sealed record MediaServices(MediaNodes Nodes, MoveTurns Turns, SignalingOptions Options, SignalingMetrics Metrics, TimeProvider Time, ILoggerFactory Loggers);
