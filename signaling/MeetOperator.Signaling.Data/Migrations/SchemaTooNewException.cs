namespace MeetOperator.Signaling.Data.Migrations;

/// <summary>The database schema has a migration that this program is not compatible with. The message names the migration and how to fix the problem.</summary>
public sealed class SchemaTooNewException(string message) : Exception(message);
