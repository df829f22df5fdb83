using System.Globalization;
using System.Text;

namespace MeetOperator.Kube.ApiServer.Schema;

/// <summary>The path from the root to the current value of a traversal. It is formatted only for error messages.</summary>
internal sealed class ValuePath
{
    private readonly List<(string? Name, int Index)> _steps = [];

    public bool IsRoot => _steps.Count == 0;

    public void Push(string name) => _steps.Add((name, 0));

    public void Push(int index) => _steps.Add((null, index));

    public void Pop() => _steps.RemoveAt(_steps.Count - 1);

    /// <summary>The path as in field errors: <c>spec.ports[0].name</c>.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (name, index) in _steps)
        {
            if (name is null)
            {
                text.Append(CultureInfo.InvariantCulture, $"[{index}]");
            }
            else
            {
                text.Append(text.Length == 0 ? string.Empty : ".").Append(name);
            }
        }

        return text.ToString();
    }

    public string With(string name) => IsRoot ? name : $"{this}.{name}";
}
