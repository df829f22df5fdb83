using System.Text;
using MeetOperator.Kube.Admission;
using MeetOperator.Kube.Client;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Tests.Webhook;

/// <summary>The two configurations that the chart installs, each with an additional foreign entry.</summary>
internal static class WebhookConfigurations
{
    public const string Namespace = "meet-system";
    public static readonly WebhookOptions Options = new() { Address = "127.0.0.1:0" };

    private static NamespacedName Key => new(null, Options.Configuration);

    public static async Task CreateAsync(KubeClient client)
    {
        await client.CreateAsync(new ValidatingWebhookConfiguration { Metadata = new ObjectMeta { Name = Options.Configuration }, Webhooks = Entries("validate") }, default);
        await client.CreateAsync(new MutatingWebhookConfiguration { Metadata = new ObjectMeta { Name = Options.Configuration }, Webhooks = Entries("mutate") }, default);
    }

    /// <summary>The PEM text of our entry; empty if not set.</summary>
    public static async Task<string> BundleAsync(KubeClient client) =>
        Text((await client.GetAsync<ValidatingWebhookConfiguration>(Key, default)).Webhooks!.Single(entry => entry.Name == "validate.meetoperator.io"));

    public static async Task<IReadOnlyList<(string Name, string Bundle)>> AllAsync(KubeClient client) =>
    [
        .. (await client.GetAsync<ValidatingWebhookConfiguration>(Key, default)).Webhooks!.Select(entry => (entry.Name, Text(entry))),
        .. (await client.GetAsync<MutatingWebhookConfiguration>(Key, default)).Webhooks!.Select(entry => (entry.Name, Text(entry))),
    ];

    private static string Text(AdmissionWebhook entry) => Encoding.ASCII.GetString(Convert.FromBase64String(entry.ClientConfig.CaBundle ?? string.Empty));

    private static AdmissionWebhook[] Entries(string verb) => [Entry($"{verb}.meetoperator.io", Options.Service, Namespace), Entry($"{verb}.example.com", Options.Service, "elsewhere")];

    private static AdmissionWebhook Entry(string name, string service, string @namespace) => new()
    {
        Name = name,
        ClientConfig = new WebhookClientConfig { Service = new WebhookService { Name = service, Namespace = @namespace } },
    };
}
