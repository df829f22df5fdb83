namespace MeetOperator.Signaling.Data;

/// <summary>One numbered step of the schema.</summary>
public sealed record Migration(int Version, string Name, string Sql);
