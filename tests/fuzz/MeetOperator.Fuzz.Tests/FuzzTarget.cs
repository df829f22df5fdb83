namespace MeetOperator.Fuzz.Tests;

/// <summary>Handles one input. It must not throw for any input.</summary>
internal delegate void FuzzTarget(ReadOnlySpan<byte> input);
