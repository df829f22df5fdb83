namespace MeetOperator.Local.Settings;

/// <summary>An error that the user can fix. The message says what is wrong and how to fix it. It ends the process.</summary>
internal sealed class LocalException(string message) : Exception(message);
