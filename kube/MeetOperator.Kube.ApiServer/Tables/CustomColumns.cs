using System.Globalization;
using System.Text.Json.Nodes;
using MeetOperator.Kube.ApiServer.Json;
using MeetOperator.Kube.ApiServer.Resources;

namespace MeetOperator.Kube.ApiServer.Tables;

/// <summary>The columns of a custom resource, from additionalPrinterColumns.</summary>
internal static class CustomColumns
{
    public static List<TableColumn> Of(ResourceDefinition resource)
    {
        List<TableColumn> columns = [TableColumn.NameColumn];
        columns.AddRange(resource.Columns.Select(Create));
        if (resource.Columns.Count == 0)
        {
            columns.Add(TableColumn.Age);
        }

        return columns;
    }

    private static TableColumn Create(ColumnDefinition column)
    {
        var path = new KubePath(column.Path);
        return new TableColumn(column.Name, column.Type, (root, now) => Cell(path.Select(root), column.Type, now), column.Priority, column.Description, column.Format);
    }

    private static JsonNode? Cell(IReadOnlyList<JsonNode?> found, string type, DateTimeOffset now)
    {
        if (found.Count == 0 || found[0] is not { } value)
        {
            return null;
        }

        switch (type)
        {
            case "integer":
                return value.AsInteger() is { } integer ? JsonValue.Create(integer) : null;
            case "number":
                return value.AsNumber() is { } number ? JsonValue.Create(number) : null;
            case "boolean":
                return value is JsonValue v && v.TryGetValue<bool>(out var flag) ? JsonValue.Create(flag) : null;
            case "date":
                return HumanDuration.Since(value.AsText(), now);
            default:
                return string.Join(',', found.Select(Text));
        }
    }

    private static string Text(JsonNode? value) => value switch
    {
        null => "<nil>",
        JsonArray list => "[" + string.Join(',', list.Select(i => JsonText.ToText(i))) + "]",
        _ => value.AsText() ?? (value.AsInteger() is { } integer ? integer.ToString(CultureInfo.InvariantCulture) : JsonText.ToText(value)),
    };
}
