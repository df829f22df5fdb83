namespace MeetOperator.Local;

/// <summary>Something that the person who started us can mend; the message says what and how. It ends the process.</summary>
public sealed class LocalException(string message) : Exception(message);
