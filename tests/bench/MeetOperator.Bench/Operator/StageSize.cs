namespace MeetOperator.Bench.Operator;

/// <summary>What runs on an <see cref="OperatorStage"/>.</summary>
/// <param name="Processes">Operators in processes of their own; 0 runs one in this process.</param>
/// <param name="MediaNodes">Simulated media nodes, for 250 meetings each.</param>
internal sealed record StageSize(int Processes = 0, int MediaNodes = 6);
