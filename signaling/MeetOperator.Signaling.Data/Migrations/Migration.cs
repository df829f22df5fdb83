using System.Globalization;
using System.Text.RegularExpressions;

namespace MeetOperator.Signaling.Data;

/// <summary>
/// One numbered step of the schema. A step that only adds (a table, a column with a default, an index) says in its first line which program still works
/// after it: <c>-- min-reader: N</c>, the number of the last step that such a program knows. Without that line only programs that know the step itself do.
/// </summary>
public sealed partial record Migration(int Version, string Name, string Sql)
{
    /// <summary>The oldest program, by the last step that it knows, that works with the schema after this step.</summary>
    public int MinReader { get; } = Header().Match(Sql) is { Success: true } match ? int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : Version;

    [GeneratedRegex(@"\A-- min-reader: (\d+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Header();
}
