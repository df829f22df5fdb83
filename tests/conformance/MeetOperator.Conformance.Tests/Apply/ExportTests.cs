using System.Diagnostics;
using MeetOperator.Conformance.Tests.Golden;
using MeetOperator.Conformance.Tests.Servers;
using MeetOperator.Contracts.Meetings;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.ApiServer.Settings;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Admission;

namespace MeetOperator.Conformance.Tests.Apply;

/// <summary>What <c>./meet export</c> prints can be applied with kubectl to a real API server that has the product's CRDs.</summary>
[Collection(ConformanceCollection.Name)]
public sealed class ExportTests : IDisposable
{
    private static readonly string TenantNamespace = $"meet-export-{Guid.NewGuid():N}"[..20];
    private const string Group = "/apis/meetoperator.io/v1alpha1";
    private static readonly string Kubeconfig = ServerNames.KubeconfigOf(ServerNames.Kubernetes120)!;
    private readonly string _home = Directory.CreateTempSubdirectory("export").FullName;

    [ServerFact(ServerNames.Kubernetes120)]
    public async Task Export_Installation_IsAppliedByKubectl()
    {
        await CreateInstallationAsync();
        var file = Path.Combine(_home, "export.yaml");
        var exported = await RunAsync(Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "MeetOperator.Local.dll"), "export", "--home", _home);
        Assert.DoesNotContain("\nstatus:", exported, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, exported);
        await using var server = await ConformanceServer.StartAsync(ServerNames.Kubernetes120);
        foreach (var crd in ProductCrds.All)
        {
            await Crds.InstallAsync(server, crd);
        }

        var space = new Space(server, TenantNamespace);
        try
        {
            await RunAsync("kubectl", "--kubeconfig", Kubeconfig, "apply", "-f", file);

            var tenant = await space.OkAsync("GET", $"{Group}/tenants/export");
            Assert.Equal(("Export: \"A & Ä\" #1", TenantNamespace), (tenant["spec.displayName"]!.GetValue<string>(), tenant["spec.namespace"]!.GetValue<string>()));
            var pool = await space.OkAsync("GET", $"{Group}/namespaces/{TenantNamespace}/sfupools/main");
            Assert.Equal((2, 43001), (pool["spec.replicas"]!.GetValue<int>(), pool["spec.exposure.portRange.max"]!.GetValue<int>()));
            var meeting = await space.OkAsync("GET", $"{Group}/namespaces/{TenantNamespace}/meetings/standup");
            Assert.Equal(("on", "export"), (meeting["spec.title"]!.GetValue<string>(), meeting["spec.tenantRef.name"]!.GetValue<string>()));
            Assert.Null(meeting["metadata.finalizers"]);
            var secret = await space.OkAsync("GET", $"/api/v1/namespaces/{TenantNamespace}/secrets/key");
            Assert.Equal("MDEyMwp5ZXM=", secret["data.key"]!.GetValue<string>());
            Assert.Equal(404, (await space.SendAsync("GET", $"{Group}/namespaces/{TenantNamespace}/meetings/ended")).Code);

            // Applied again, nothing changes.
            var again = await RunAsync("kubectl", "--kubeconfig", Kubeconfig, "apply", "-f", file);
            var lines = again.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(5, lines.Length);
            Assert.All(lines, line => Assert.EndsWith(" unchanged", line, StringComparison.Ordinal));
        }
        finally
        {
            await space.SendAsync("DELETE", $"/api/v1/namespaces/{TenantNamespace}");
            foreach (var crd in ProductCrds.All)
            {
                await Crds.RemoveAsync(server, crd.TextAt("metadata.name")!);
            }
        }
    }

    public void Dispose() => Directory.Delete(_home, recursive: true);

    /// <summary>The store of an installation that was stopped, with objects as people and the operator leave them.</summary>
    private async Task CreateInstallationAsync()
    {
        var store = new ApiServerOptions { DataDirectory = Path.Combine(_home, "api"), AdmissionPolicies = [new MeetAdmission()] };
        await using var server = await ConformanceServer.StartAsync(ServerNames.Embedded, store);
        foreach (var crd in ProductCrds.All)
        {
            await Crds.InstallAsync(server, crd);
        }

        var meeting = new MeetingSpec { TenantRef = new TenantReference { Name = "export" }, Title = "on" };
        await server.Client.CreateAsync(new Namespace { Metadata = new ObjectMeta { Name = TenantNamespace, Labels = new Dictionary<string, string> { ["meetoperator.io/tenant"] = "export" } } }, default);
        await server.Client.CreateAsync(new Tenant { Metadata = new ObjectMeta { Name = "export" }, Spec = new TenantSpec { Namespace = TenantNamespace, DisplayName = "Export: \"A & Ä\" #1" } }, default);
        await server.Client.CreateAsync(new Secret { Metadata = Meta("key"), StringData = new Dictionary<string, string> { ["key"] = "0123\nyes" } }, default);
        await server.Client.CreateAsync(
            new SfuPool { Metadata = Meta("main"), Spec = new SfuPoolSpec { Replicas = 2, Exposure = new SfuExposure { PortRange = new PortRange { Min = 43000, Max = 43001 } } } }, default);
        foreach (var (name, phase) in new[] { ("standup", "Ready"), ("ended", "Ended") })
        {
            await server.Client.CreateAsync(new Meeting { Metadata = Meta(name, "meetoperator.io/free-room"), Spec = meeting }, default);
            await new Space(server, TenantNamespace).OkAsync(
                "PATCH", $"{Group}/namespaces/{TenantNamespace}/meetings/{name}/status", $$$"""{"status":{"phase":"{{{phase}}}"}}""", Space.MergePatch);
        }

        // The export only requires that the file exists.
        await File.WriteAllTextAsync(Path.Combine(_home, "kubeconfig"), string.Empty);
    }

    private static ObjectMeta Meta(string name, params string[] finalizers) => new() { Name = name, Namespace = TenantNamespace, Finalizers = finalizers.Length == 0 ? null : finalizers };

    /// <summary>Runs a program that must succeed. Returns its standard output.</summary>
    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} exited with {process.ExitCode}: {await errors}{output}");
        return output;
    }
}
