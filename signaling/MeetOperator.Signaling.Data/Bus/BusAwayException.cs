namespace MeetOperator.Signaling.Data;

/// <summary>The bus does not answer now; it tells when it does again.</summary>
public sealed class BusAwayException(string message, Exception? cause = null) : Exception(message, cause);
