//! Hand-written files in the real shape with made-up names.
use dirlift_model::config::{Connector, Metaverse, Problem};
use dirlift_serverconfig::{Document, Parsed, read};

pub(crate) const AGENT_ID: &str = "{11111111-2222-3333-4444-555555555555}";

pub(crate) const FILTER: &str = r#"<stay-disconnector>
 <filter-set cd-object-type="user" type="declared" import-filter="1">
  <filter-alternative id="{00000000-0000-0000-0000-0000000000A1}">
   <condition cd-attribute="extensionAttribute5" operator="equality" intrinsic-attribute="false"><value>NoSync &amp; more </value></condition>
   <condition cd-attribute="dn" operator="not-present" intrinsic-attribute="true"><value/></condition>
  </filter-alternative>
  <filter-alternative id="{00000000-0000-0000-0000-0000000000A2}">
   <condition cd-attribute="flags" operator="bit-on"><value ui-radix="10">0x2</value></condition>
  </filter-alternative>
 </filter-set>
 <filter-set cd-object-type="contact" type="scripted"/>
</stay-disconnector>"#;

pub(crate) const JOIN: &str = r#"<join>
 <join-profile cd-object-type="user">
  <join-criterion id="{00000000-0000-0000-0000-0000000000B1}">
   <search mv-object-type="person">
    <attribute-mapping mv-attribute="sourceAnchor"><direct-mapping><src-attribute>objectGUID</src-attribute></direct-mapping></attribute-mapping>
    <attribute-mapping mv-attribute="mail"><scripted-mapping><src-attribute>mail</src-attribute><script-context>joinMail</script-context></scripted-mapping></attribute-mapping>
   </search>
   <resolution type="none"><script-context></script-context></resolution>
  </join-criterion>
  <join-criterion id="{00000000-0000-0000-0000-0000000000B2}" join-cri-type="none">
   <search><attribute-mapping mv-attribute="cn"><direct-mapping><src-attribute intrinsic="true">dn</src-attribute></direct-mapping></attribute-mapping></search>
   <resolution type="scripted"><script-context>pickOne</script-context></resolution>
  </join-criterion>
 </join-profile>
</join>"#;

pub(crate) const PROJECTION: &str = r#"<projection>
 <class-mapping id="{00000000-0000-0000-0000-0000000000C1}" type="declared" cd-object-type="user"><mv-object-type>person</mv-object-type></class-mapping>
 <class-mapping type="scripted" cd-object-type="group"/>
</projection>"#;

pub(crate) const EXPORT_FLOW: &str = r#"<export-attribute-flow>
 <export-flow-set cd-object-type="user" mv-object-type="person">
  <export-flow cd-attribute="proxyAddresses" id="{00000000-0000-0000-0000-0000000000D1}" suppress-deletions="true"><direct-mapping><src-attribute>proxyAddresses</src-attribute></direct-mapping></export-flow>
  <export-flow cd-attribute="company" id="{00000000-0000-0000-0000-0000000000D2}" suppress-deletions="false"><constant-mapping><constant-value>Fabrikam</constant-value></constant-mapping></export-flow>
  <export-flow cd-attribute="ou"><dn-part-mapping><dn-part>2</dn-part></dn-part-mapping></export-flow>
  <export-flow cd-attribute="upn"><scripted-mapping><src-attribute intrinsic="true">dn</src-attribute><src-attribute>mail</src-attribute><script-context>cd.user:upn&lt;-mv.person:dn,mail</script-context></scripted-mapping></export-flow>
  <export-flow cd-attribute="x"><sync-rule-mapping mapping-type="expression" sync-rule-id="{00000000-0000-0000-0000-0000000000D5}" initial-flow-only="false" is-existence-test="false"><src-attribute>sn</src-attribute><sync-rule-value><export-flow><fn id="Trim"><arg>sn</arg></fn></export-flow></sync-rule-value></sync-rule-mapping></export-flow>
 </export-flow-set>
</export-attribute-flow>"#;

pub(crate) const CLEANUP: &str = r#"<provisioning-cleanup type="declared"><action>make-normal-disconnector</action></provisioning-cleanup>"#;

pub(crate) const EXTENSION: &str = "<extension><assembly-name>Custom.Rules.dll</assembly-name><application-protection>low</application-protection></extension>";

pub(crate) const ADMA: &str = r#"<adma-configuration>
 <forest-name>corp.example</forest-name><forest-port>0</forest-port><forest-guid>{00000000-0000-0000-0000-000000000000}</forest-guid>
 <forest-login-user>MSOL_0123</forest-login-user><forest-login-domain>corp.example</forest-login-domain>
 <sign-and-seal>1</sign-and-seal><ssl-bind crl-check="0">0</ssl-bind><simple-bind>0</simple-bind><default-ssl-strength>0</default-ssl-strength>
 <cd-extension><assembly-name>Exch2010Extension.dll</assembly-name><server-name>http://mail/powershell</server-name><application-protection>high</application-protection></cd-extension>
 <password-hash-sync-config><enabled>1</enabled><target>{B891884F-051E-4A83-95AF-2544101C9083}</target></password-hash-sync-config>
 <parameter-values><parameter name="Forest.FQDN" type="string" use="connectivity" dataType="String">corp.example</parameter></parameter-values>
</adma-configuration>"#;

pub(crate) const MA_CONFIG: &str = r#"<MAConfig>
 <primary_class_mappings><mapping><primary_class>user</primary_class><oc-value>user</oc-value></mapping></primary_class_mappings>
 <extension-config><filename>Microsoft.Azure.ActiveDirectory.Connector.dll</filename><assembly-version>1.0.7020.0</assembly-version><import-mode>call-based</import-mode></extension-config>
 <importing><dn><attribute object_class="user">cloudAnchor</attribute></dn><anchor><attribute object_class="user">cloudAnchor</attribute><attribute object_class="group">sourceAnchor</attribute></anchor></importing>
 <parameter-values>
  <parameter name="UserName" type="string" use="connectivity" dataType="String">sync@corp.example</parameter>
  <parameter name="Password" type="encrypted-string" use="connectivity" dataType="String" encrypted="1">CANARY-PARAMETER</parameter>
  <parameter name="Timeout" type="string">120</parameter>
 </parameter-values>
 <aad-password-reset-config><enabled>1</enabled><modified-timestamp>2014-05-06 10:00:00.000</modified-timestamp><adal-authority>https://login.windows.net/corp.example</adal-authority></aad-password-reset-config>
 <password-extension-config><password-extension-enabled>1</password-extension-enabled><dll>Custom.Password.dll</dll><timeout>60</timeout></password-extension-config>
</MAConfig>"#;

pub(crate) const PARTITIONS: &str = r"<ma-partition-data>
 <partition>
  <id>{aaaaaaaa-0000-0000-0000-000000000001}</id><name>DC=corp,DC=example</name><selected>1</selected>
  <allowed-operations>1073741855</allowed-operations><current><batch-number>1</batch-number></current><last-successful-batch>1</last-successful-batch>
  <filter>
   <object-classes><object-class>user</object-class><object-class>group</object-class></object-classes>
   <containers><exclusions><exclusion>OU=Test,DC=corp,DC=example</exclusion><exclusion>CN=Users,DC=corp,DC=example</exclusion></exclusions>
    <inclusions><inclusion>DC=corp,DC=example</inclusion></inclusions></containers>
  </filter>
  <filter-hints><object-classes/></filter-hints>
  <custom-data><adma-partition-data>
   <dn>DC=corp,DC=example</dn><name>corp.example</name><guid>{C58EA1C0-0000-0000-0000-0C5B36C7E1C7}</guid><is-domain>1</is-domain>
   <sign-and-seal>1</sign-and-seal><dc-failover>1</dc-failover><last-dc>dc1.corp.example</last-dc>
   <login-user>reader</login-user><login-domain>CORP</login-domain>
   <preferred-dcs><preferred-dc>dc2.corp.example</preferred-dc><preferred-dc>dc3.corp.example</preferred-dc></preferred-dcs>
   <cookie>CANARY-COOKIE</cookie>
  </adma-partition-data></custom-data>
 </partition>
 <partition>
  <id>{aaaaaaaa-0000-0000-0000-000000000002}</id><name>DC=emea,DC=corp,DC=example</name><selected>0</selected>
  <filter><containers><exclusions><exclusion>DC=emea,DC=corp,DC=example</exclusion></exclusions>
   <inclusions><inclusion>OU=Staff,DC=emea,DC=corp,DC=example</inclusion></inclusions></containers></filter>
  <custom-data><adma-partition-data><name>emea.corp.example</name><guid>{00000000-0000-0000-0000-000000000000}</guid><is-domain>0</is-domain></adma-partition-data></custom-data>
 </partition>
</ma-partition-data>";

pub(crate) const RUNS: &str = r#"<ma-run-data>
 <run-configuration>
  <id>{BBBBBBBB-0000-0000-0000-000000000001}</id><name>Full Confirming Import</name><version>3</version>
  <configuration>
   <step><step-type type="full-import"><import-subtype>to-cs</import-subtype></step-type><threshold><object>500</object><delete>10</delete><batch-size>100</batch-size></threshold><partition>{AAAAAAAA-0000-0000-0000-000000000001}</partition><custom-data><adma-step-data><batch-size>100</batch-size></adma-step-data></custom-data></step>
   <step><step-type type="export"/><dropfile-name>x.xml</dropfile-name><partition>{AAAAAAAA-0000-0000-0000-000000000002}</partition></step>
  </configuration>
 </run-configuration>
</ma-run-data>"#;

pub(crate) const SCHEMA: &str = r##"<schema><dsml:dsml xmlns:dsml="http://www.dsml.org/DSML" xmlns:ms-dsml="http://www.microsoft.com/MMS/DSML"><dsml:directory-schema ms-dsml:no-objectclass-validation="true">
 <dsml:class id="user" type="structural"><dsml:name>user</dsml:name><dsml:attribute ref="#mail" required="false"/></dsml:class>
 <dsml:attribute-type id="mail" single-value="true"><dsml:name>mail</dsml:name><dsml:syntax>1.3.6.1.4.1.1466.115.121.1.15</dsml:syntax></dsml:attribute-type>
 <dsml:attribute-type id="cookie"><dsml:name>cookie</dsml:name></dsml:attribute-type>
 <dsml:dit-content-rule id="r"><dsml:aux-class ref="#x"/></dsml:dit-content-rule>
</dsml:directory-schema></dsml:dsml></schema>"##;

pub(crate) const INCLUSION: &str = "<attribute-inclusion><attribute>mail</attribute><attribute>userPrincipalName</attribute></attribute-inclusion>";

pub(crate) const IDENTITY: &str = "<format-version>1</format-version><id>{11111111-2222-3333-4444-555555555555}</id><name>Active Directory Connector</name>
<category>AD</category><subtype></subtype><ma-listname/><ma-companyname/><creation-time>2012-08-23 08:17:11.130</creation-time><last-modification-time>2014-01-02 03:04:05.000</last-modification-time><version>173</version><internal-version>0</internal-version><password-sync-allowed>0</password-sync-allowed>";

pub(crate) const NOISE: &str = r"<controller-configuration><application-protection>low</application-protection></controller-configuration><ma-ui-settings><account-joiner-queries><x y='1'>z</x></account-joiner-queries></ma-ui-settings>
<SyncConfig-refresh-schema>0</SyncConfig-refresh-schema><capabilities-mask>fb7f</capabilities-mask><export-type>1</export-type><dn-construction/><password-sync><maximum-retry-count>10</maximum-retry-count></password-sync>
<component_mappings><mapping><dn_component>ou</dn_component><object_class>organizationalUnit</object_class></mapping></component_mappings><encrypted-attributes/>";

pub(crate) const MV_SCHEMA: &str = r#"<dsml:dsml xmlns:dsml="http://www.dsml.org/DSML"><dsml:directory-schema>
 <dsml:class id="person" type="structural"><dsml:name>person</dsml:name></dsml:class><dsml:class id="group" type="structural"><dsml:name>group</dsml:name></dsml:class>
 <dsml:attribute-type id="mail"><dsml:name>mail</dsml:name></dsml:attribute-type>
</dsml:directory-schema></dsml:dsml>"#;

pub(crate) const IMPORT_FLOW: &str = r#"<import-attribute-flow>
 <import-flow-set mv-object-type="person">
  <import-flows mv-attribute="userPrincipalName" type="ranked">
   <import-flow src-ma="{11111111-2222-3333-4444-555555555555}" cd-object-type="user" id="{00000000-0000-0000-0000-0000000000E1}"><scripted-mapping><src-attribute>userPrincipalName</src-attribute><script-context>upn</script-context></scripted-mapping></import-flow>
   <import-flow src-ma="{66666666-2222-3333-4444-555555555555}" cd-object-type="contact"><direct-mapping><src-attribute>mail</src-attribute></direct-mapping></import-flow>
  </import-flows>
  <import-flows mv-attribute="cn" type="equal"/>
 </import-flow-set>
 <per-ma-options><ma-options ma-id="{11111111-2222-3333-4444-555555555555}"><enable-recall>true</enable-recall></ma-options><ma-options ma-id="{66666666-2222-3333-4444-555555555555}"><enable-recall>false</enable-recall></ma-options></per-ma-options>
</import-attribute-flow>"#;

pub(crate) const MV_REST: &str = r#"<provisioning type="both"/>
<mv-deletion><mv-deletion-rule mv-object-type="person" id="{00000000-0000-0000-0000-0000000000F1}" type="declared-any"><src-ma>{11111111-2222-3333-4444-555555555555}</src-ma></mv-deletion-rule></mv-deletion>
<extension><assembly-name>MVExtension.dll</assembly-name><application-protection>low</application-protection></extension>
<password-change-history-size>24</password-change-history-size><password-sync><password-sync-enabled>1</password-sync-enabled></password-sync>
<parameter-values><parameter name="Microsoft.Synchronize.StagingMode" type="string" use="SynchronizationGlobal" dataType="String">False</parameter></parameter-values>"#;

/// An agent with one of everything.
pub(crate) fn full_agent() -> String {
    let private = format!("<private-configuration>{ADMA}{MA_CONFIG}</private-configuration>");
    let parts = [
        IDENTITY,
        SCHEMA,
        INCLUSION,
        FILTER,
        JOIN,
        PROJECTION,
        EXPORT_FLOW,
        CLEANUP,
        EXTENSION,
        &private,
        PARTITIONS,
        RUNS,
        NOISE,
    ];
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<saved-ma-configuration server=\"SYNC01\" export-date=\"2014-01-02\">\n<ma-data>{}</ma-data>\n</saved-ma-configuration>\n",
        parts.join("\n")
    )
}

/// A metaverse with one of everything.
pub(crate) fn full_metaverse() -> String {
    format!(
        "<saved-mv-configuration><mv-data><format-version>1</format-version><version>339</version><schema>{MV_SCHEMA}</schema>{IMPORT_FLOW}{MV_REST}</mv-data></saved-mv-configuration>"
    )
}

/// `ma-data` with the children that must be there, and these.
pub(crate) fn with(children: &str) -> String {
    format!(
        "<ma-data><id>{AGENT_ID}</id><name>a</name><category>AD</category>\n{children}</ma-data>"
    )
}

pub(crate) fn agent(xml: &str) -> Parsed<Connector> {
    let parsed = read("a.xml", xml.as_bytes()).unwrap_or_else(|it| panic!("{it}"));
    match parsed.value {
        Document::Agent(value) => Parsed { value: *value, problems: parsed.problems },
        other => panic!("{other:?}"),
    }
}

pub(crate) fn metaverse(xml: &str) -> Parsed<Metaverse> {
    let parsed = read("mv.xml", xml.as_bytes()).unwrap_or_else(|it| panic!("{it}"));
    match parsed.value {
        Document::Metaverse(value) => Parsed { value: *value, problems: parsed.problems },
        other => panic!("{other:?}"),
    }
}

/// Problems as `line:column what`.
pub(crate) fn shown(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|it| format!("{}:{} {}", it.location.line, it.location.column, it.what))
        .collect()
}

pub(crate) const SMALL_RULE: &str = "<synchronizationRule><id>{00000000-0000-0000-0000-0000000000A1}</id><name>Small</name><description/>\
<direction>Inbound</direction><disabled>False</disabled><connector>{00000000-0000-0000-0000-0000000000C1}</connector>\
<sourceObjectType>user</sourceObjectType><targetObjectType>person</targetObjectType><linkType>Join</linkType>\
<precedence>50</precedence><attribute-mappings/><relationshipCriteria/><synchronizationCriteria/></synchronizationRule>";

pub(crate) const FULL_RULE: &str = r#"<?xml version="1.0"?>
<synchronizationRule>
 <id>{11112222-3333-4444-5555-66667777AAAA}</id>
 <internal-id>{11112222-3333-4444-5555-66667777bbbb}</internal-id>
 <version>7</version>
 <name>In from AD - "Fabrikam" &lt;staff&gt; <![CDATA[& more]]></name>
 <description>Line one
line two</description>
 <immutable-tag>Fabrikam.InfromADStaff.001</immutable-tag>
 <direction>Inbound</direction>
 <disabled>TRUE</disabled>
 <connector>{11112222-3333-4444-5555-66667777cccc}</connector>
 <sourceObjectType>inetOrgPerson</sourceObjectType>
 <targetObjectType>*</targetObjectType>
 <linkType>stickyjoin</linkType>
 <precedence>42</precedence>
 <precedence-after>{11112222-3333-4444-5555-66667777dddd}</precedence-after>
 <precedence-before>{00000000-0000-0000-0000-000000000000}</precedence-before>
 <softDeleteExpiryInterval>01:30:00</softDeleteExpiryInterval>
 <EnablePasswordSync>true</EnablePasswordSync>
 <attribute-mappings>
  <mapping><dest>displayName</dest><src> <attr>displayName</attr> </src><valueMergeType>Update</valueMergeType></mapping>
  <mapping execute-once="true"><dest>cloudFiltered</dest><src> True </src><valueMergeType>Update</valueMergeType></mapping>
  <mapping execute-once="false">
   <dest>mail</dest>
   <src><attr>mail</attr><attr>otherMailbox</attr></src>
   <valueMergeType>Update</valueMergeType>
   <expression>IIF([a] &lt; 3 &amp;&amp; [b] &lt;&gt; "x", [mail], NULL)</expression>
  </mapping>
  <mapping><dest>proxyAddresses</dest><expression>NULL</expression><valueMergeType>MergeCaseInsensitive</valueMergeType></mapping>
  <mapping><dest>company</dest><src /><valueMergeType>Update</valueMergeType></mapping>
 </attribute-mappings>
 <relationshipCriteria>
  <conditions>
   <condition><caseSensitive>True</caseSensitive><csAttribute>objectSid</csAttribute><ilmAttribute>sid</ilmAttribute></condition>
   <condition><csAttribute>mail</csAttribute><ilmAttribute>email</ilmAttribute></condition>
  </conditions>
  <conditions />
 </relationshipCriteria>
 <synchronizationCriteria>
  <conditions>
   <scope><csAttribute>department</csAttribute><csOperator>EQUAL</csOperator><csValue>R&amp;D</csValue></scope>
   <scope><csAttribute>mailNickname</csAttribute><csOperator>ISNOTNULL</csOperator><csValue /></scope>
  </conditions>
  <conditions><scope><csAttribute>flags</csAttribute><csOperator>IsNotBitSet</csOperator><csValue>2</csValue></scope></conditions>
 </synchronizationCriteria>
</synchronizationRule>"#;

pub(crate) const MIGRATED_POLICY: &str = r#"{
  "policyMetadata": {
    "type": "migration",
    "author": "FABRIKAM\\adm-sync",
    "timeCreated": "2026-04-01 10:20:30Z",
    "azureADConnectVersion": "1.6.16.0"
  },
  "deploymentMetadata": {
    "hostName": "sync02.fabrikam.example",
    "serviceAccount": "FABRIKAM\\svc-sync$",
    "serviceAccountType": null,
    "databaseServer": "sql01",
    "databaseInstance": "SYNC",
    "databaseName": "ADSync",
    "connectorIds": ["11112222-3333-4444-5555-66667777cccc", "{11112222-3333-4444-5555-66667777DDDD}"]
  }
}"#;

pub(crate) const WIZARD_POLICY: &str = r#"{
  "PolicyMetadata": {"type": "applied", "Zeta": 1, "alpha": {"y": [1.5, -2], "x": true}},
  "deploymentMetadata": {"databaseType": "LocalDB", "connectorIds": "11112222-3333-4444-5555-66667777cccc"},
  "onpremisesDirectoryPolicy": {
    "uniqueIdentifier": "11112222-3333-4444-5555-66667777cccc",
    "friendlyName": "fabrikam.example",
    "fullyQualifiedDomainName": "fabrikam.example",
    "partitionFilters": [{
      "distinguishedName": "DC=fabrikam,DC=example",
      "containerinclusions": ["OU=Staff,DC=fabrikam,DC=example", "OU=Rooms,DC=fabrikam,DC=example"],
      "containerExclusions": "OU=Old,DC=fabrikam,DC=example",
      "domain": "FABRIKAM"
    }],
    "standardSynchronizationRules": [
      {"Name": "In from AD - User Join", "uniqueIdentifier": "11112222-3333-4444-5555-666677770001",
       "immutableTag": "Microsoft.InfromADUserJoin.006", "precedence": 100}
    ],
    "customSynchronizationRules": [{
      "name": "In from AD - Staff only", "description": "", "source": "user", "target": "person", "linkType": "Join",
      "scopeFilters": [{"attribute": "department", "condition": "EQUAL", "value": "Staff"}],
      "precedence": "50", "direction": "Inbound",
      "attributeMappings": [{"destination": "cloudFiltered", "source": "True"}],
      "uniqueIdentifier": "11112222-3333-4444-5555-666677770002", "internalIdentifier": "11112222-3333-4444-5555-666677770003"
    }]
  },
  "azureDirectoryPolicy": {"standardSynchronizationRules": [], "tenant": "fabrikam.example"},
  "userSignInPolicy": {"method": "passwordHashSync"}
}"#;
