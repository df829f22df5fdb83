namespace MeetOperator.Signaling.Data;

/// <summary>The database has a step that this program neither knows nor works with. The message says which and what to do.</summary>
public sealed class SchemaTooNewException(string message) : Exception(message);
