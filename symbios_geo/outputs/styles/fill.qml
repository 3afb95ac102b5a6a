<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.16-Białowieża" styleCategories="Symbology|Labeling|Fields" labelsEnabled="1">
 <renderer-v2 type="graduatedSymbol" attr="{{ style.column }}" symbollevels="0" enableorderby="0" forceraster="0" graduatedMethod="GraduatedColor">
  <ranges>
{% for category in style.categories %}
   <range symbol="{{ loop.index0 }}" label="{{ category.words }}" render="{{ 'true' if category.shown else 'false' }}" lower="{{ '%.6f' % category.low }}" upper="{{ '%.6f' % category.high }}"/>
{% endfor %}
  </ranges>
  <symbols>
{% for category in style.categories %}
   <symbol type="fill" name="{{ loop.index0 }}" alpha="0.9" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleFill" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option name="color" type="QString" value="{{ category.colour | rgba }}"/>
      <Option name="style" type="QString" value="solid"/>
      <Option name="outline_color" type="QString" value="119,119,119,255"/>
      <Option name="outline_width" type="QString" value="0.4"/>
      <Option name="outline_style" type="QString" value="solid"/>
     </Option>
     <prop k="color" v="{{ category.colour | rgba }}"/>
     <prop k="style" v="solid"/>
     <prop k="outline_color" v="119,119,119,255"/>
     <prop k="outline_width" v="0.4"/>
     <prop k="outline_style" v="solid"/>
    </layer>
   </symbol>
{% endfor %}
  </symbols>
 </renderer-v2>
 <labeling type="simple">
  <settings calloutType="simple">
   <text-style fieldName="name" fontSize="8" fontSizeUnit="Point" textColor="34,34,34,255" isExpression="0">
    <text-buffer bufferDraw="1" bufferSize="0.8" bufferColor="255,255,255,255"/>
   </text-style>
   <placement placement="0" dist="1" priority="5"/>
   <rendering obstacle="0" drawLabels="1"/>
  </settings>
 </labeling>
 <aliases>
{% for column, words in aliases.items() %}
  <alias field="{{ column }}" index="{{ loop.index }}" name="{{ words }}"/>
{% endfor %}
 </aliases>
 <layerGeometryType>2</layerGeometryType>
</qgis>
