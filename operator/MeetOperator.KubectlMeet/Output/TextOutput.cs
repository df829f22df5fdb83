namespace MeetOperator.KubectlMeet.Output;

/// <summary>
/// Writes headings, tables and pairs as text. Control characters in texts are replaced, because texts of objects come from other people and could change the terminal.
/// </summary>
internal sealed class TextOutput(TextWriter writer, bool colors)
{
    private const string Gap = "  ";

    public void Line(Cell cell = default) => writer.Write(Paint(cell, 0) + "\n");

    /// <summary>Several cells on one line, without a gap.</summary>
    public void Line(params ReadOnlySpan<Cell> cells)
    {
        foreach (var cell in cells)
        {
            writer.Write(Paint(cell, 0));
        }

        writer.Write('\n');
    }

    /// <summary>A heading with an empty line before it.</summary>
    public void Heading(string text)
    {
        writer.Write('\n');
        Line(new Cell(text, Tone.Heading));
    }

    /// <summary>Names and values in two columns. Pairs without a value are left out.</summary>
    public void Pairs(params IReadOnlyList<(string Name, Cell Value)> pairs)
    {
        var shown = pairs.Where(pair => !string.IsNullOrEmpty(pair.Value.Text)).ToArray();
        var width = shown.Select(pair => pair.Name.Length).DefaultIfEmpty().Max();
        foreach (var (name, value) in shown)
        {
            writer.Write(name.PadRight(width) + Gap + Paint(value, 0) + "\n");
        }
    }

    /// <summary>A table. Columns that are empty in every row are left out.</summary>
    public void Table(IReadOnlyList<string> headers, IReadOnlyList<Cell[]> rows)
    {
        var columns = Enumerable.Range(0, headers.Count).Where(column => rows.Any(row => !string.IsNullOrEmpty(row[column].Text))).ToArray();
        var widths = columns.Select(column => rows.Select(row => Clean(row[column].Text).Length).Append(headers[column].Length).Max()).ToArray();
        Row([.. columns.Select(column => new Cell(headers[column], Tone.Heading))]);
        foreach (var row in rows)
        {
            Row([.. columns.Select(column => row[column])]);
        }

        void Row(Cell[] cells) => writer.Write(string.Join(Gap, cells.Select((cell, i) => Paint(cell, widths[i]))).TrimEnd(' ') + "\n");
    }

    private static string Clean(string? text) => string.Concat((text ?? string.Empty).Select(character => char.IsControl(character) ? ' ' : character));

    private string Paint(Cell cell, int width)
    {
        var text = Clean(cell.Text);
        var padding = new string(' ', Math.Max(0, width - text.Length));
        var code = cell.Tone switch { Tone.Good => "32", Tone.Warning => "33", Tone.Bad => "31", Tone.Heading => "1", _ => null };
        return colors && code is not null && text.Length > 0 ? $"\e[{code}m{text}\e[0m{padding}" : text + padding;
    }
}
