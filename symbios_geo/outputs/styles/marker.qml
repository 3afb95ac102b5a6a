<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis version="3.22.16-Białowieża" styleCategories="Symbology|Labeling|Fields" labelsEnabled="0">
 <renderer-v2 type="categorizedSymbol" attr="{{ style.column }}" symbollevels="0" enableorderby="0" forceraster="0">
  <categories>
{% for category in style.categories %}
   <category symbol="{{ loop.index0 }}" label="{{ category.words }}" render="{{ 'true' if category.shown else 'false' }}" value="{{ category.value }}" type="string"/>
{% endfor %}
  </categories>
  <symbols>
{% for category in style.categories %}
   <symbol type="marker" name="{{ loop.index0 }}" alpha="0.9" clip_to_extent="1" force_rhr="0">
    <layer class="SimpleMarker" enabled="1" locked="0" pass="0">
     <Option type="Map">
      <Option name="name" type="QString" value="circle"/>
      <Option name="color" type="QString" value="{{ category.colour | rgba }}"/>
      <Option name="size" type="QString" value="3"/>
      <Option name="size_unit" type="QString" value="MM"/>
      <Option name="outline_color" type="QString" value="255,255,255,255"/>
      <Option name="outline_width" type="QString" value="0.2"/>
     </Option>
     <prop k="name" v="circle"/>
     <prop k="color" v="{{ category.colour | rgba }}"/>
     <prop k="size" v="3"/>
     <prop k="size_unit" v="MM"/>
     <prop k="outline_color" v="255,255,255,255"/>
     <prop k="outline_width" v="0.2"/>
     <data_defined_properties>
      <Option type="Map">
       <Option name="name" type="QString" value=""/>
       <Option name="properties" type="Map">
        <Option name="size" type="Map">
         <Option name="active" type="bool" value="true"/>
         <Option name="expression" type="QString" value="{{ style.size }}"/>
         <Option name="type" type="int" value="3"/>
        </Option>
       </Option>
       <Option name="type" type="QString" value="collection"/>
      </Option>
     </data_defined_properties>
    </layer>
   </symbol>
{% endfor %}
  </symbols>
 </renderer-v2>
 <aliases>
{% for column, words in aliases.items() %}
  <alias field="{{ column }}" index="{{ loop.index }}" name="{{ words }}"/>
{% endfor %}
 </aliases>
 <layerGeometryType>0</layerGeometryType>
</qgis>
