namespace MeetOperator.Signaling.Data;

/// <summary>The meeting bus is unavailable. Subscribers are notified when it recovers.</summary>
public sealed class BusAwayException(string message, Exception? cause = null) : Exception(message, cause);
