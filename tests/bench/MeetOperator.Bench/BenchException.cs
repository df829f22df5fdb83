namespace MeetOperator.Bench;

/// <summary>Something could not be measured, for example because other work on the machine disturbed it.</summary>
internal sealed class BenchException(string message) : Exception(message);
