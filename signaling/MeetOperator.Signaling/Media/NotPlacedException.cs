namespace MeetOperator.Signaling.Media;

/// <summary>The meeting has no media node now.</summary>
internal sealed class NotPlacedException : Exception;
