using System.Text;
using System.Text.Json.Nodes;

namespace MeetOperator.Kube.Client.Config;

/// <summary>Reads <c>users[].user.exec</c>.</summary>
internal static class ExecReader
{
    private static readonly string[] Versions = [$"{ExecConfig.Group}/v1", $"{ExecConfig.Group}/v1beta1"];

    /// <param name="user">The user of the context.</param>
    /// <param name="cluster">The cluster of the context, which the program may ask for.</param>
    /// <returns>Null when the user has none.</returns>
    /// <exception cref="KubeConfigException">A field is missing or has a wrong value.</exception>
    public static ExecConfig? Read(KubeConfigEntry? user, KubeConfigEntry cluster)
    {
        if (user?.Child("exec") is not { } exec)
        {
            return null;
        }

        var version = exec.Require("apiVersion");
        if (!Versions.Contains(version, StringComparer.Ordinal))
        {
            throw new KubeConfigException($"{exec.FieldPath("apiVersion")} is \"{version}\"; it must be {string.Join(" or ", Versions)}. Update the program and write the kubeconfig again with it.");
        }

        var command = exec.Require("command");
        var environment = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in exec.Children("env"))
        {
            environment[variable.Require("name")] = variable.Text("value") ?? string.Empty;
        }

        return new ExecConfig
        {
            Origin = exec.Origin,
            ApiVersion = version,
            Command = command.Contains('/', StringComparison.Ordinal) ? exec.File("command")! : command,
            Arguments = exec.Texts("args"),
            Environment = environment,
            InstallHint = exec.Text("installHint"),
            Interaction = ReadInteraction(exec, version),
            Cluster = exec.Flag("provideClusterInfo") ? DescribeCluster(cluster) : null,
        };
    }

    private static ExecInteraction ReadInteraction(KubeConfigEntry exec, string version) => exec.Text("interactiveMode") switch
    {
        "Never" => ExecInteraction.Never,
        "IfAvailable" => ExecInteraction.IfAvailable,
        "Always" => ExecInteraction.Always,
        null when version != Versions[0] => ExecInteraction.IfAvailable,
        null => throw new KubeConfigException($"{exec.FieldPath("interactiveMode")} is missing; {version} requires Never, IfAvailable or Always."),
        var other => throw new KubeConfigException($"{exec.FieldPath("interactiveMode")} is \"{other}\"; it must be Never, IfAvailable or Always."),
    };

    /// <summary>The field <c>spec.cluster</c> of an ExecCredential.</summary>
    private static JsonObject DescribeCluster(KubeConfigEntry cluster)
    {
        var described = new JsonObject { ["server"] = cluster.Require("server") };
        foreach (var name in (string[])["tls-server-name", "proxy-url"])
        {
            if (cluster.Text(name) is { } text)
            {
                described[name] = text;
            }
        }

        if (cluster.Flag("insecure-skip-tls-verify"))
        {
            described["insecure-skip-tls-verify"] = true;
        }

        if (cluster.Pem("certificate-authority") is { } pem)
        {
            described["certificate-authority-data"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(pem));
        }

        if (cluster.Children("extensions").FirstOrDefault(extension => extension.Text("name") == $"{ExecConfig.Group}/exec") is { } own)
        {
            described["config"] = own.Json("extension");
        }

        return described;
    }
}
