namespace MeetOperator.Signaling.Data.Bus;

/// <summary>The meeting bus is unavailable. Subscribers are notified when it recovers.</summary>
internal sealed class BusUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException);
