using System.Globalization;
using System.Text.RegularExpressions;

namespace MeetOperator.Signaling.Data.Migrations;

/// <summary>
/// A numbered schema migration. A migration that only adds (a table, a column with a default, an index) can stay compatible with older programs. Its first line
/// is then <c>-- min-reader: N</c>, where N is the newest migration that the oldest compatible program knows. Without that line, only programs that know the
/// migration itself are compatible.
/// </summary>
public sealed partial record Migration(int Version, string Name, string Sql)
{
    /// <summary>The newest migration that a program must know to work with the schema after this migration.</summary>
    public int MinReader { get; } = Header().Match(Sql) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : Version;

    [GeneratedRegex(@"\A-- min-reader: (\d+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Header();
}
